// Type-checked by npm run release:check with the client from its tarball, without Node's types.
import { Polyseme, PolysemeRequestError, type PushDocument, type SearchAnswer } from "@polyseme/client";

const client = new Polyseme({ url: "http://127.0.0.1:8080", apiKey: "psk_example" });

async function* documents(): AsyncGenerator<PushDocument> {
  for (let i = 0; i < 3; i += 1) yield { id: `d${i}`, text: `text ${i}`, metadata: { i } };
}

export async function use(): Promise<number> {
  try {
    const { ticket } = await client.push("notes", documents());
    await ticket.wait();
    const answer: SearchAnswer = await client.search("notes", { query: "text", k: 3 });
    return answer.hits.reduce((sum, { score }) => sum + score, 0);
  } catch (error) {
    if (error instanceof PolysemeRequestError && error.status === 404) return 0;
    throw error;
  }
}

// @ts-expect-error A document without a text is an error of types already.
export const wrong: PushDocument = { id: "x" };
