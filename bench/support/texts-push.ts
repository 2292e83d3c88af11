import type { BenchDocument } from "../texts.ts";
import { expectAnswer, RawConnection, requestHead } from "./raw-http.ts";

/** Pushes documents as one NDJSON stream; resolves with the ticket at the 202. */
export async function pushTexts(url: string, collection: string, documents: readonly BenchDocument[]): Promise<string> {
  const body = Buffer.from(documents.map((document) => `${JSON.stringify(document)}\n`).join(""));
  const head = requestHead(`/v1/collections/${collection}/documents`, "application/x-ndjson", body.length);
  const connection = await RawConnection.open(url);
  try {
    return String(expectAnswer(await connection.stream(head, [body]), 202)["ticket"]);
  } finally {
    connection.close();
  }
}
