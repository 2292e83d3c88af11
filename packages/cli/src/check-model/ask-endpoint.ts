import { isDirection, type Reference } from "./reference.ts";

/** A server to ask for embeddings, and in which shape. */
export interface Endpoint {
  readonly url: string;
  readonly shape: "openai" | "tei";
  /** Sent as a bearer token. */
  readonly key?: string | undefined;
  /** What the model is called there; OpenAI's shape only. */
  readonly model?: string | undefined;
}

/** Servers of TEI's kind take 32 unless told otherwise. */
const TEXTS_A_REQUEST = 32;
const ANSWER_WITHIN_MS = 120_000;
/** 32 embeddings of 4,096 numbers written out are 3 MB. */
const MOST_ANSWER_BYTES = 64 * 1024 * 1024;
const MOST_SHOWN_CHARACTERS = 300;

/**
 * The shape that an address speaks, by the end of its path.
 * @returns undefined for one that says neither
 */
export function shapeOf(url: string): Endpoint["shape"] | undefined {
  const path = new URL(url).pathname.replace(/\/+$/, "");
  if (path.endsWith("/embeddings")) return "openai";
  return path.endsWith("/embed") ? "tei" : undefined;
}

/**
 * What a server makes of the texts, asked in batches one after the other.
 * @throws Error with the address and what it answered when that is no embedding of each text
 */
export async function askEndpoint(
  endpoint: Endpoint,
  texts: readonly string[],
  signal: AbortSignal,
): Promise<Reference[]> {
  const references: Reference[] = [];
  for (let at = 0; at < texts.length; at += TEXTS_A_REQUEST) {
    const part = texts.slice(at, at + TEXTS_A_REQUEST);
    const embeddings = embeddingsOf(endpoint, await post(endpoint, part, signal));
    if (embeddings.length !== part.length || !embeddings.every(isDirection))
      throw new Error(`${endpoint.url} did not answer one embedding for each of ${part.length} texts.`);
    part.forEach((text, i) => references.push({ text, embedding: embeddings[i] ?? [] }));
  }
  return references;
}

async function post(
  { url, shape, key, model }: Endpoint,
  texts: readonly string[],
  signal: AbortSignal,
): Promise<unknown> {
  const body =
    shape === "tei"
      ? { inputs: texts, truncate: true }
      : { input: texts, encoding_format: "float", ...(model === undefined ? {} : { model }) };
  const within = AbortSignal.any([signal, AbortSignal.timeout(ANSWER_WITHIN_MS)]);
  try {
    const response = await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json", ...(key === undefined ? {} : { authorization: `Bearer ${key}` }) },
      body: JSON.stringify(body),
      signal: within,
    });
    const text = await readBounded(response);
    if (!response.ok) throw new Error(`it answered ${response.status}: ${text.slice(0, MOST_SHOWN_CHARACTERS)}`);
    return JSON.parse(text) as unknown;
  } catch (error) {
    signal.throwIfAborted();
    throw new Error(`${url} gave no embeddings: ${reasonOf(error)}`, { cause: error });
  }
}

async function readBounded(response: Response): Promise<string> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    bytes += part.length;
    if (bytes > MOST_ANSWER_BYTES) throw new Error(`its answer is longer than ${MOST_ANSWER_BYTES} bytes`);
    parts.push(part);
  }
  return Buffer.concat(parts).toString("utf8");
}

/** Node says only "fetch failed", and why in its cause. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message} (${error.cause.message})` : error.message;
}

function embeddingsOf({ shape }: Endpoint, answer: unknown): unknown[] {
  if (shape === "tei") return Array.isArray(answer) ? (answer as unknown[]) : [];
  const data = (answer as { data?: unknown } | null)?.data;
  if (!Array.isArray(data)) return [];
  const items = data as ({ index?: unknown; embedding?: unknown } | null)[];
  const placed: unknown[] = items.map(() => undefined);
  items.forEach((item, i) => (placed[typeof item?.index === "number" ? item.index : i] = item?.embedding));
  return placed;
}
