import { isRecord, PolysemeError, type ErrorCode } from "@polyseme/core";
import { ndjsonLines, type NdjsonLine } from "./ndjson-lines.ts";

/** One document of a push as it came, not checked yet, or a part of the push that is not even JSON. */
export type PushItem =
  | { readonly kind: "value"; readonly value: unknown }
  | { readonly kind: "unreadable"; readonly code: ErrorCode; readonly field: string; readonly message: string };

/** A line holds one document: its text (4 Mi UTF-16 units, up to 3 bytes each, more when escaped) and the rest of it. */
export const MAX_LINE_BYTES = 32 * 1024 * 1024;

/** In one JSON body, which is held whole; each costs some 100 bytes beside its text. A stream has no such bound. */
export const MAX_DOCUMENTS_IN_BODY = 100_000;

/** A body that is neither a document nor a list of them is called too large rather than invalid from this size on. */
const LARGE_BODY_BYTES = 8 * 1024 * 1024;

/**
 * The documents in a JSON body: `{documents: […]}` or one document.
 * @throws PolysemeError `invalid` (or `too_large`) when the body is neither
 */
export function documentsInBody(body: unknown, bodyBytes: number): { items: PushItem[]; single: boolean } {
  if (!isRecord(body)) {
    const code = bodyBytes > LARGE_BODY_BYTES ? "too_large" : "invalid";
    throw new PolysemeError(code, 'The body must be one document or {"documents": [...]}.', {
      details: { field: "body" },
    });
  }
  if (!("documents" in body)) return { items: [{ kind: "value", value: body }], single: true };
  if (!Array.isArray(body["documents"]))
    throw new PolysemeError("invalid", "documents must be an array.", { details: { field: "documents" } });
  if (body["documents"].length > MAX_DOCUMENTS_IN_BODY)
    throw new PolysemeError(
      "too_large",
      `documents has ${body["documents"].length} entries; at most ${MAX_DOCUMENTS_IN_BODY} are allowed. Push in parts, or stream application/x-ndjson.`,
      { details: { field: "documents" } },
    );
  return { items: body["documents"].map((value: unknown) => ({ kind: "value", value })), single: false };
}

/** The documents in a stream of NDJSON, one a line; bounded memory whatever its length. */
export async function* documentsInStream(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<PushItem> {
  for await (const line of ndjsonLines(chunks, MAX_LINE_BYTES)) yield parseLine(line);
}

function parseLine(line: NdjsonLine): PushItem {
  switch (line.kind) {
    case "line":
      return parseJson(line.text);
    case "too_long": {
      const message = `The line has ${line.bytes} bytes; at most ${MAX_LINE_BYTES} are allowed. Split the text into several documents.`;
      return { kind: "unreadable", code: "too_large", field: "text", message };
    }
    case "not_utf8":
      return { kind: "unreadable", code: "invalid", field: "line", message: "The line is not UTF-8." };
    default:
      throw new Error(`Unknown line ${String(line satisfies never)}`);
  }
}

function parseJson(text: string): PushItem {
  try {
    return { kind: "value", value: JSON.parse(text) };
  } catch (error) {
    const message = `The line is not JSON: ${error instanceof Error ? error.message : String(error)}`;
    return { kind: "unreadable", code: "invalid", field: "line", message };
  }
}
