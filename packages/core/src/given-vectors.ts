import { type ErrorCode } from "./errors.ts";

/** The `model` of collections whose vectors come with their documents. */
export const NO_MODEL = "none";

/**
 * Where a pushed document's vectors come from.
 * encoder  polyseme's; the document may bring none
 * given    the document's own, always
 * either   its own where it has some (an import of the same model's vectors), else the encoder's
 */
export type VectorSource =
  { readonly kind: "encoder" } | { readonly kind: "given" | "either"; readonly dimensions: number };

export const BY_ENCODER: VectorSource = { kind: "encoder" };

/** A part of a document's text with the vector that came with it. */
export interface GivenChunk {
  /** UTF-16 offsets into the text, as JavaScript slices. */
  readonly start: number;
  readonly end: number;
  /** 0: nobody counted them. */
  readonly tokens: number;
  readonly embedding: Float32Array;
}

export interface GivenFault {
  readonly code: ErrorCode;
  /** Such as `chunks[3].embedding[17]`. */
  readonly field: string;
  readonly message: string;
}

export const MOST_GIVEN_CHUNKS = 20_000;
const MOST_TOKENS = 2 ** 31 - 1;

/**
 * The chunks that come with a document: `chunks: [{start, end, embedding}]`, or one over the whole text for `embedding`.
 * A vector is an array of numbers, or the base64 of its 32-bit little-endian floats. Undefined: it brings none, and needs none.
 */
export function givenChunks(
  { embedding, chunks }: { readonly embedding?: unknown; readonly chunks?: unknown },
  text: string,
  source: VectorSource,
): readonly GivenChunk[] | undefined | { readonly fault: GivenFault } {
  const field = embedding === undefined ? "chunks" : "embedding";
  if (embedding === undefined && chunks === undefined) {
    if (source.kind !== "given") return undefined;
    return fault(
      "embedding",
      `This collection has no model: give embedding (${source.dimensions} numbers), or chunks with one each.`,
    );
  }
  if (source.kind === "encoder")
    return fault(
      field,
      `This collection's vectors are made by its model. Leave ${field} out, or push to a collection with model "${NO_MODEL}".`,
    );
  const { dimensions } = source;
  if (embedding !== undefined) {
    if (chunks !== undefined) return fault("embedding", "Give embedding or chunks, not both.");
    const vector = parseVector(embedding, dimensions, "embedding");
    return "fault" in vector ? vector : [{ start: 0, end: text.length, tokens: 0, embedding: vector }];
  }
  if (!Array.isArray(chunks) || chunks.length === 0)
    return fault("chunks", "chunks must be an array of {start, end, embedding} with at least one entry.");
  if (chunks.length > MOST_GIVEN_CHUNKS)
    return fault(
      "chunks",
      `chunks has ${chunks.length} entries; at most ${MOST_GIVEN_CHUNKS} are allowed.`,
      "too_large",
    );
  const parsed: GivenChunk[] = [];
  for (const [index, chunk] of chunks.entries()) {
    const one = parseChunk(chunk, text, dimensions, `chunks[${index}]`);
    if ("fault" in one) return one;
    parsed.push(one);
  }
  return parsed;
}

function parseChunk(
  chunk: unknown,
  text: string,
  dimensions: number,
  at: string,
): GivenChunk | { readonly fault: GivenFault } {
  if (typeof chunk !== "object" || chunk === null || Array.isArray(chunk))
    return fault(at, `${at} must be an object {start, end, embedding}.`);
  const { start, end, tokens = 0, embedding } = chunk as Readonly<Record<string, unknown>>;
  if (!isOffset(start, text.length))
    return fault(`${at}.start`, `start must be a whole number from 0 to ${text.length}.`);
  if (!isOffset(end, text.length) || end <= start)
    return fault(`${at}.end`, `end must be a whole number above start, at most ${text.length}, the text's length.`);
  if (!text.slice(start, end).isWellFormed())
    return fault(at, "start or end is in the middle of a character (between the halves of a surrogate pair).");
  if (!isOffset(tokens, MOST_TOKENS)) return fault(`${at}.tokens`, "tokens must be a whole number, or be left out.");
  const vector = parseVector(embedding, dimensions, `${at}.embedding`);
  return "fault" in vector ? vector : { start, end, tokens, embedding: vector };
}

function parseVector(value: unknown, dimensions: number, field: string): Float32Array | { readonly fault: GivenFault } {
  const wrong = (length: number): { fault: GivenFault } =>
    fault(field, `${field} has ${length} numbers, this collection's vectors have ${dimensions}.`);
  if (typeof value === "string") {
    const bytes = Buffer.from(value, "base64");
    if (bytes.length !== 4 * dimensions) return wrong(bytes.length / 4);
    // A copy of its own: views need a place that is a multiple of four.
    return checkValues(new Float32Array(Uint8Array.from(bytes).buffer), field);
  }
  if (!Array.isArray(value))
    return fault(field, `${field} must be an array of ${dimensions} numbers, or the base64 of 32-bit floats.`);
  if (value.length !== dimensions) return wrong(value.length);
  const odd = value.findIndex((number) => typeof number !== "number");
  if (odd !== -1) return fault(`${field}[${odd}]`, `${field}[${odd}] must be a number.`);
  return checkValues(Float32Array.from(value as number[]), field);
}

/** Postgres sums squares in 32-bit floats: where that gives 0 or infinity, a distance would be no number. */
function checkValues(vector: Float32Array, field: string): Float32Array | { readonly fault: GivenFault } {
  const odd = vector.findIndex((number) => !Number.isFinite(number));
  if (odd !== -1) return fault(`${field}[${odd}]`, `${field}[${odd}] is no number that a 32-bit float can hold.`);
  const squares = vector.reduce((sum, number) => Math.fround(sum + Math.fround(number * number)), 0);
  if (squares === 0) return fault(field, `${field} is all zeros, or as good as that: it has no direction.`);
  if (squares === Infinity) return fault(field, `${field} is too long: the sum of its squares is no 32-bit float.`);
  return vector;
}

function isOffset(value: unknown, most: number): value is number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= most;
}

function fault(field: string, message: string, code: ErrorCode = "invalid"): { readonly fault: GivenFault } {
  return { fault: { code, field, message } };
}
