import { PolysemeRequestError } from "./errors.ts";
import type { Requester, RequestPause } from "./requester.ts";
import { Ticket } from "./ticket.ts";
import type { PushAnswer, Rejection } from "./types.ts";

/** How an export's vectors are written: base64 of 32-bit little-endian floats, arrays of numbers, or not at all. */
export type ExportedVectors = "base64" | "json" | "none";

export interface ExportOptions {
  readonly vectors?: ExportedVectors;
  readonly signal?: AbortSignal | undefined;
}

export interface ImportOptions {
  /** Leave the vectors out: the documents are encoded anew. */
  readonly reembed?: boolean;
  readonly signal?: AbortSignal | undefined;
  /** Told after each request. */
  readonly onProgress?: ((progress: ImportProgress) => void) | undefined;
  /** Told before each pause: the server is full (status 429) or away. */
  readonly onPause?: ((pause: RequestPause) => void) | undefined;
}

export interface ImportProgress {
  /** Documents that the server has answered for. */
  readonly sent: number;
  readonly accepted: number;
  readonly unchanged: number;
  readonly rejected: number;
}

export interface ImportResult extends ImportProgress {
  readonly ticket: Ticket;
  /** The first of them, indexes counted over all documents. */
  readonly rejections: readonly Rejection[];
  /** `queued`: the encoder makes other vectors. */
  readonly vectors: "stored" | "queued";
}

const LINES_A_REQUEST = 256;
const CHARACTERS_A_REQUEST = 8 * 1024 * 1024;
const LISTED_REJECTIONS = 10_000;

/**
 * The lines of an export as they come: settings, then a document a line, then a line with counts.
 * @throws PolysemeRequestError also while it is read, when the server ends before the last line
 */
export async function* exportLines(
  request: Requester,
  path: string,
  { vectors = "base64", signal }: ExportOptions,
): AsyncGenerator<string> {
  const { answer } = await request<Response>("GET", `${path}/export?vectors=${vectors}`, { signal, raw: true });
  let last = "";
  for await (const line of linesOf(answer)) {
    last = line;
    yield line;
  }
  if (!isEnd(last))
    throw new PolysemeRequestError(
      0,
      "bad_answer",
      "The server ended the export before its last line. Begin it again.",
    );
}

/**
 * Sends the lines of an export in requests of bounded size, each with the export's first line before it, so that a lost one
 * can be sent again: what the server took is `unchanged` then.
 * @throws PolysemeRequestError; `incomplete` when the last line of an export does not come: what came before is taken
 */
export async function importLines(
  request: Requester,
  path: string,
  lines: AsyncIterable<string>,
  { reembed = false, signal, onProgress, onPause }: ImportOptions,
): Promise<ImportResult> {
  const ticket = new Ticket(request);
  const counts = { sent: 0, accepted: 0, unchanged: 0, rejected: 0 };
  const rejections: Rejection[] = [];
  let vectors: ImportResult["vectors"] = reembed ? "queued" : "stored";
  for await (const { header, documents } of batchesOf(lines)) {
    signal?.throwIfAborted();
    const { answer } = await request<PushAnswer & { vectors: ImportResult["vectors"] }>(
      "POST",
      `${path}/import?reembed=${reembed}`,
      {
        body: {
          bytes: new TextEncoder().encode([header, ...documents, ""].join("\n")),
          contentType: "application/x-ndjson",
        },
        signal,
        onPause,
      },
    );
    ticket.add(answer);
    ({ vectors } = answer);
    const { sent } = counts;
    rejections.push(
      ...answer.rejected
        .slice(0, LISTED_REJECTIONS - rejections.length)
        .map((one) => ({ ...one, index: sent + one.index })),
    );
    counts.sent += documents.length;
    counts.accepted += answer.accepted;
    counts.unchanged += answer.unchanged;
    counts.rejected += answer.rejected.length + (answer.rejectedOmitted ?? 0);
    onProgress?.(counts);
  }
  return { ...counts, ticket, rejections, vectors };
}

async function* batchesOf(
  lines: AsyncIterable<string>,
): AsyncGenerator<{ readonly header: string; readonly documents: readonly string[] }> {
  let header: string | undefined;
  let documents: string[] = [];
  let characters = 0;
  let ended = false;
  let any = false;
  for await (const line of lines) {
    if (header === undefined) {
      header = line;
      continue;
    }
    if (isEnd(line)) {
      ended = true;
      break;
    }
    if (
      documents.length >= LINES_A_REQUEST ||
      (documents.length > 0 && characters + line.length > CHARACTERS_A_REQUEST)
    ) {
      yield { header, documents };
      any = true;
      documents = [];
      characters = 0;
    }
    documents.push(line);
    characters += line.length;
  }
  // Also without a document: the server says what is wrong with the first line, and makes the collection.
  if (documents.length > 0 || !any) yield { header: header ?? "", documents };
  if (!ended)
    throw new PolysemeRequestError(
      0,
      "incomplete",
      "The export ends before its last line, so documents may be missing. Those before it were taken.",
    );
}

/** Cheap: documents are not parsed for it. */
function isEnd(line: string): boolean {
  return line.startsWith('{"polyseme":"end"');
}

async function* linesOf(response: Response): AsyncGenerator<string> {
  if (response.body === null) return;
  const decoder = new TextDecoder("utf-8");
  const reader = (response.body as ReadableStream<Uint8Array>).getReader();
  let rest = "";
  try {
    for (;;) {
      const { done, value } = await reader.read();
      // A line may be long and come in many parts: each is looked through once.
      const [first = "", ...others] = decoder.decode(value, { stream: !done }).split("\n");
      const next = others.pop();
      if (next === undefined) rest += first;
      else {
        yield rest + first;
        yield* others;
        rest = next;
      }
      if (done) break;
    }
    if (rest !== "") yield rest;
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}
