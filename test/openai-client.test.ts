import OpenAI, { APIError, AuthenticationError, BadRequestError, NotFoundError } from "openai";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startEmbeddedStack, type TestStack } from "./support/stack.ts";

const KEY = "a-key-for-the-openai-client";
const MODEL = "all-MiniLM-L6-v2";
const DIMENSIONS = 384;

let stack: TestStack;
let client: OpenAI;

beforeAll(async () => {
  stack = await startEmbeddedStack({ POLYSEME_API_KEYS: KEY });
  client = new OpenAI({ apiKey: KEY, baseURL: `${stack.http.url}/v1`, maxRetries: 0 });
});
afterAll(() => stack.stop());

async function errorOf(call: Promise<unknown>): Promise<APIError> {
  const error = await call.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error instanceof APIError) return error;
  throw new Error(`No error of the API: ${String(error)}`);
}

function cosine(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, value, index) => sum + value * (b[index] ?? 0), 0);
}

describe("OpenAI's own client", () => {
  test("gets the embedding of a text, by base64 as it asks by itself, and the same as numbers", async () => {
    const asked = await client.embeddings.create({ model: MODEL, input: "the bank of the river" });
    expect(asked).toMatchObject({ object: "list", model: MODEL, data: [{ object: "embedding", index: 0 }] });
    const [inBase64 = []] = asked.data.map(({ embedding }) => embedding);
    expect(inBase64).toHaveLength(DIMENSIONS);
    const numbers = await client.embeddings.create({
      model: MODEL,
      input: "the bank of the river",
      encoding_format: "float",
    });
    expect(numbers.data[0]?.embedding).toEqual(inBase64);
    expect(cosine(inBase64, inBase64)).toBeCloseTo(1, 5);
  });

  test("is told how many tokens were used", async () => {
    const { usage } = await client.embeddings.create({ model: MODEL, input: ["one two three", "four"] });
    // Each text has the model's two special tokens around it.
    expect(usage).toEqual({ prompt_tokens: 3 + 2 + 1 + 2, total_tokens: 8 });
  });

  test("gets 2,048 texts at once, each in its place", async () => {
    const input = Array.from({ length: 2_048 }, (_, i) => (i % 2 === 0 ? "cat" : "volcano"));
    const { data } = await client.embeddings.create({ model: MODEL, input });
    expect(data.map(({ index }) => index)).toEqual(input.map((_, i) => i));
    const [cat = [], volcano = []] = data.map(({ embedding }) => embedding);
    for (const { embedding, index } of data) expect(embedding).toEqual(index % 2 === 0 ? cat : volcano);
    expect(cosine(cat, volcano)).toBeLessThan(0.9);
  });

  test("may send tokens instead of text", async () => {
    // "cat" in the vocabulary of the bundled model.
    const { data } = await client.embeddings.create({ model: MODEL, input: [[4937], [4937, 4937]] });
    const asText = await client.embeddings.create({ model: MODEL, input: ["cat", "cat cat"] });
    expect(data.map(({ embedding }) => embedding)).toEqual(asText.data.map(({ embedding }) => embedding));
  });

  test("may ask for as many dimensions as the model has, and is told so otherwise", async () => {
    const { data } = await client.embeddings.create({ model: MODEL, input: "x", dimensions: DIMENSIONS });
    expect(data[0]?.embedding).toHaveLength(DIMENSIONS);
    const error = await errorOf(client.embeddings.create({ model: MODEL, input: "x", dimensions: 64 }));
    expect(error).toBeInstanceOf(BadRequestError);
    expect(error).toMatchObject({ status: 400, code: "invalid", param: "dimensions", type: "invalid_request_error" });
    expect(error.message).toContain("gives 384 dimensions");
  });

  test("makes errors of its own kinds from ours", async () => {
    const unknown = await errorOf(client.embeddings.create({ model: "text-embedding-3-small", input: "x" }));
    expect(unknown).toMatchObject({ status: 400, code: "invalid", param: "model" });
    expect(unknown.message).toContain(MODEL);
    const tooMany = Array.from({ length: 2_049 }, () => "x");
    expect(await errorOf(client.embeddings.create({ model: MODEL, input: tooMany }))).toMatchObject({ status: 400 });
    const stranger = new OpenAI({ apiKey: "a-wrong-key", baseURL: `${stack.http.url}/v1`, maxRetries: 0 });
    const refused = await errorOf(stranger.embeddings.create({ model: MODEL, input: "x" }));
    expect(refused).toBeInstanceOf(AuthenticationError);
    expect(refused).toMatchObject({ code: "unauthorized", type: "authentication_error", param: null });
  });

  test("lists the models and finds one by its name", async () => {
    const models = [];
    for await (const model of client.models.list()) models.push(model);
    expect(models[0]).toMatchObject({ id: MODEL, object: "model", owned_by: "polyseme" });
    expect(await client.models.retrieve(MODEL)).toEqual(models[0]);
    // A name of two parts is one parameter of the path.
    expect(await client.models.retrieve("sentence-transformers/all-MiniLM-L6-v2")).toEqual(models[0]);
    const error = await errorOf(client.models.retrieve("gpt-4o"));
    expect(error).toBeInstanceOf(NotFoundError);
    expect(error).toMatchObject({ code: "not_found", param: "model", type: "invalid_request_error" });
  });
});
