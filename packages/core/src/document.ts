import { PolysemeError, type ErrorCode } from "./errors.ts";
import { checkSections, sectionsJson } from "./sections.ts";
import { BY_ENCODER, givenChunks, type GivenChunk, type VectorSource } from "./given-vectors.ts";

/** A document that passed every check at the door; only `checkDocument` makes one. */
export interface CheckedDocument {
  readonly id: string;
  readonly text: string;
  readonly title: string | null;
  /** The metadata object as JSON, ready for a jsonb column. */
  readonly metadataJson: string;
  /** 0 (bulk, the default) to 9 (first). */
  readonly priority: number;
  /** The sections as JSON, one form for equal ones; left out: none. */
  readonly sectionsJson?: string;
  /** Chunks with vectors that came with it; left out: the encoder makes them. */
  readonly given?: {
    readonly chunks: readonly GivenChunk[];
    /** Other vectors are another version. False where the same text has the same vectors, by the same model. */
    readonly areContent: boolean;
  };
}

export interface Rejection {
  readonly code: ErrorCode;
  readonly field: string;
  readonly message: string;
  readonly id?: string;
}

export const DOCUMENT_LIMITS = {
  idChars: 512,
  titleChars: 2_000,
  /** UTF-16 units. One book fits (Moby Dick: 1.2 million); what is larger is a collection, not a document. */
  textChars: 4 * 1024 * 1024,
  metadataDepth: 20,
  metadataBytes: 64 * 1024,
  maxPriority: 9,
} as const;

const NUL = "\u0000";

/**
 * The only place that sees a pushed document as `unknown`. Answers the checked document, or the first fault found with
 * the field it is in. Unknown fields are ignored.
 * @param source where its collection's vectors come from
 */
export function checkDocument(
  value: unknown,
  source: VectorSource = BY_ENCODER,
): { document: CheckedDocument } | { rejection: Rejection } {
  if (!isRecord(value)) return reject("invalid", "document", "A document must be a JSON object.");
  const { id, text, title, metadata, priority, sections } = value;

  const idFault = checkId(id);
  if (idFault !== undefined) return { rejection: idFault };
  const knownId = id as string;

  const textFault = checkText(text, knownId);
  if (textFault !== undefined) return { rejection: textFault };

  if (title !== undefined && title !== null) {
    if (typeof title !== "string") return reject("invalid", "title", "title must be a string.", knownId);
    if (title.length > DOCUMENT_LIMITS.titleChars)
      return reject("too_large", "title", `title is longer than ${DOCUMENT_LIMITS.titleChars} characters.`, knownId);
    if (!isStorable(title)) return reject("invalid", "title", `title ${UNSTORABLE}.`, knownId);
  }

  const meta = checkMetadata(metadata, knownId);
  if ("rejection" in meta) return meta;

  if (priority !== undefined && !isPriority(priority))
    return reject(
      "invalid",
      "priority",
      `priority must be a whole number from 0 to ${DOCUMENT_LIMITS.maxPriority}.`,
      knownId,
    );

  const cut = checkSections(sections, text as string);
  if ("fault" in cut) return { rejection: { ...cut.fault, id: knownId } };
  const chunks = givenChunks(value, text as string, source);
  if (chunks !== undefined && "fault" in chunks) return { rejection: { ...chunks.fault, id: knownId } };

  return {
    document: {
      id: knownId,
      text: text as string,
      title: title ?? null,
      metadataJson: meta.json,
      priority: priority ?? 0,
      ...(cut.sections === null ? {} : { sectionsJson: sectionsJson(cut.sections) }),
      ...(chunks === undefined ? {} : { given: { chunks, areContent: source.kind === "given" } }),
    },
  };
}

/** UTF-16 units that a document holds in memory besides its metadata. */
export function charactersOf({ text, sectionsJson }: Pick<CheckedDocument, "text" | "sectionsJson">): number {
  return text.length + (sectionsJson?.length ?? 0);
}

const UNSTORABLE = "holds a NUL character or half of a surrogate pair, which no database can store";

function checkId(id: unknown): Rejection | undefined {
  if (id === undefined) return { code: "invalid", field: "id", message: "id is missing." };
  if (typeof id !== "string") return { code: "invalid", field: "id", message: "id must be a string." };
  if (id.length === 0) return { code: "invalid", field: "id", message: "id is empty." };
  if (id.length > DOCUMENT_LIMITS.idChars) {
    const message = `id has ${id.length} characters; at most ${DOCUMENT_LIMITS.idChars} are allowed.`;
    return { code: "invalid", field: "id", message, id: `${id.slice(0, 64).toWellFormed()}…` };
  }
  if (!isStorable(id)) return { code: "invalid", field: "id", message: `id ${UNSTORABLE}.` };
  return undefined;
}

function checkText(text: unknown, id: string): Rejection | undefined {
  const fault = textFault(text);
  return fault === undefined ? undefined : { ...fault, field: "text", id };
}

/** Why a text cannot be encoded and stored; undefined when it can. */
export function textFault(text: unknown): { code: ErrorCode; message: string } | undefined {
  if (text === undefined) return { code: "invalid", message: "text is missing." };
  if (typeof text !== "string") return { code: "invalid", message: "text must be a string." };
  if (text.length > DOCUMENT_LIMITS.textChars) {
    const message = `text has ${text.length} characters; at most ${DOCUMENT_LIMITS.textChars} are allowed. Split it into several documents.`;
    return { code: "too_large", message };
  }
  const unusable = (message: string): { code: ErrorCode; message: string } => ({ code: "unusable_text", message });
  if (text.trim().length === 0) return unusable("text is empty or only white space: there is no meaning to encode.");
  if (text.includes(NUL)) return unusable("text holds a NUL character (U+0000), which Postgres cannot store.");
  if (!text.isWellFormed())
    return unusable("text holds half of a surrogate pair: it was cut in the middle of a character.");
  return undefined;
}

/** @throws PolysemeError that names `field` when the text cannot be encoded */
export function checkUsableText(text: string, field: string): string {
  const fault = textFault(text);
  if (fault === undefined) return text;
  throw new PolysemeError(fault.code, fault.message.replace(/^text/, field), { details: { field } });
}

function checkMetadata(metadata: unknown, id: string): { json: string } | { rejection: Rejection } {
  if (metadata === undefined || metadata === null) return { json: "{}" };
  if (!isRecord(metadata)) return reject("invalid", "metadata", "metadata must be a JSON object.", id);
  if (isDeeperThan(metadata, DOCUMENT_LIMITS.metadataDepth))
    return reject("invalid", "metadata", `metadata is nested deeper than ${DOCUMENT_LIMITS.metadataDepth} levels.`, id);
  const json = JSON.stringify(metadata);
  if (Buffer.byteLength(json) > DOCUMENT_LIMITS.metadataBytes)
    return reject(
      "too_large",
      "metadata",
      `metadata is larger than ${DOCUMENT_LIMITS.metadataBytes} bytes of JSON.`,
      id,
    );
  // JSON allows 1e400 and JavaScript makes Infinity of it, which JSON.stringify would write down as null.
  if (json.includes("null") && holdsInfinity(metadata))
    return reject("invalid", "metadata", "metadata holds a number that is too large for a 64-bit float.", id);
  // JSON.stringify writes both NUL and lone surrogates as escapes, so the escapes are what to look for.
  if (/(?<!\\)(?:\\\\)*\\u(?:0000|d[89ab][0-9a-f]{2}|d[c-f][0-9a-f]{2})/.test(json))
    return reject("invalid", "metadata", `metadata ${UNSTORABLE}.`, id);
  return { json };
}

/** True when objects and arrays are nested more than `levels` deep; never recurses further than that. */
function isDeeperThan(value: unknown, levels: number): boolean {
  if (typeof value !== "object" || value === null) return false;
  if (levels === 0) return true;
  return Object.values(value).some((inner) => isDeeperThan(inner, levels - 1));
}

/** Call on what is known not to be deep. */
function holdsInfinity(value: unknown): boolean {
  if (typeof value === "number") return !Number.isFinite(value);
  return typeof value === "object" && value !== null && Object.values(value).some(holdsInfinity);
}

function isPriority(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= DOCUMENT_LIMITS.maxPriority;
}

/** Whether Postgres can hold the text: no id or name in it can be another. */
export function isStorable(text: string): boolean {
  return text.isWellFormed() && !text.includes(NUL);
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function reject(code: ErrorCode, field: string, message: string, id?: string): { rejection: Rejection } {
  return { rejection: id === undefined ? { code, field, message } : { code, field, message, id } };
}
