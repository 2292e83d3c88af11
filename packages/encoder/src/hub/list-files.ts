import { isRecord, PolysemeError } from "@polyseme/core";
import { unreachable, type HubAnswer, type HubClient, type HubHeaders } from "./hub-client.ts";
import type { HubId } from "./hub-id.ts";
import { refusalOf } from "./hub-refusal.ts";
import { PassingFault, withRetries } from "./passing-fault.ts";

/** How a file's content is known: SHA-256 of it, or git's SHA-1 of it behind a line that says how long it is. */
export interface Checksum {
  readonly kind: "sha256" | "git";
  /** In small hexadecimal letters. */
  readonly hex: string;
}

export interface RemoteFile {
  /** Inside the model, with slashes. */
  readonly path: string;
  readonly size: number;
  readonly checksum: Checksum;
}

/** A file as the hub lists it: not every mirror says more than its name. */
export interface ListedFile {
  readonly path: string;
  readonly size?: number | undefined;
  readonly checksum?: Checksum | undefined;
}

export interface RemoteModel {
  /** What the revision stands for now. */
  readonly commit: string;
  readonly files: readonly ListedFile[];
}

export interface AskOptions {
  readonly client: HubClient;
  readonly signal: AbortSignal;
  readonly retryMs: number;
}

/** Some hundred bytes a file; models of tens of thousands of files are no encoders. */
const MOST_LISTING_BYTES = 16 * 1_024 * 1_024;

/**
 * The commit that a revision stands for and the files of it.
 * @throws PolysemeError `invalid` when there is no such model or revision, `model_unavailable` when the hub does not say
 */
export async function listRemote(id: HubId, options: AskOptions): Promise<RemoteModel> {
  const { client } = options;
  const path = `api/models/${id.repository}/revision/${encodeURIComponent(id.revision)}?blobs=true`;
  return asking(options, async () => {
    const answer = await client.ask(path, { signal: options.signal });
    if (answer.status !== 200) {
      answer.discard();
      throw refusalOf(answer, { id, endpoint: client.endpoint, hasToken: await client.hasToken() });
    }
    return parseListing(await readJson(answer), client.endpoint);
  });
}

/**
 * A listed file with its size and checksum, asked for by its headers where the list does not have them.
 * @throws PolysemeError `model_unavailable` when neither has
 */
export async function describeFile(
  id: HubId,
  commit: string,
  { path, size, checksum }: ListedFile,
  options: AskOptions,
): Promise<RemoteFile> {
  if (size !== undefined && checksum !== undefined) return { path, size, checksum };
  const { client, signal } = options;
  return asking(options, async () => {
    const answer = await client.ask(resolvePath(id, commit, path), { method: "HEAD", signal });
    answer.discard();
    if (answer.status >= 400)
      throw refusalOf(answer, { id, endpoint: client.endpoint, hasToken: await client.hasToken(), file: path });
    const known = fileOf(path, linked(answer.hubHeaders)) ?? fileOf(path, answer.status === 200 ? answer.headers : {});
    if (known === undefined)
      throw unreachable(client, `it gives no size and checksum of ${path}, so nobody could tell whether it came whole`);
    return known;
  });
}

/** Where a file's bytes are, behind the endpoint. */
export function resolvePath(id: HubId, commit: string, file: string): string {
  return `${id.repository}/resolve/${commit}/${file.split("/").map(encodeURIComponent).join("/")}`;
}

/** Tries again what passes, and says of the hub what does not. */
export async function asking<T>({ client, signal, retryMs }: AskOptions, work: () => Promise<T>): Promise<T> {
  return withRetries(work, { signal, retryMs }).catch((error: unknown) => {
    throw error instanceof PassingFault ? unreachable(client, error.message, error) : error;
  });
}

function parseListing(value: unknown, endpoint: string): RemoteModel {
  const { sha, siblings } = isRecord(value) ? value : {};
  if (typeof sha !== "string" || !/^[0-9a-f]{7,64}$/.test(sha) || !Array.isArray(siblings))
    throw new PolysemeError("model_unavailable", `${endpoint} answers as no model hub does. Look at HF_ENDPOINT.`, {
      details: { field: "model" },
    });
  return { commit: sha, files: siblings.map(listedFile).filter((file) => file !== undefined) };
}

function listedFile(value: unknown): ListedFile | undefined {
  if (!isRecord(value) || typeof value["rfilename"] !== "string") return undefined;
  const path = value["rfilename"];
  const { lfs, size, blobId } = value;
  if (isRecord(lfs)) return { path, size: sizeOf(lfs["size"]) ?? sizeOf(size), checksum: checksumOf(lfs["sha256"]) };
  return { path, size: sizeOf(size), checksum: checksumOf(blobId) };
}

/** Of an answer that sends on only what it says of the file: its own length is another's. */
function linked(headers: HubHeaders): HubHeaders {
  return { "x-linked-etag": headers["x-linked-etag"], "x-linked-size": headers["x-linked-size"] };
}

function fileOf(path: string, headers: HubHeaders): RemoteFile | undefined {
  const tag = headers["x-linked-etag"] ?? headers["etag"];
  const checksum = checksumOf(tag?.replace(/^W\//, "").replaceAll('"', ""));
  const size = sizeOf(Number(headers["x-linked-size"] ?? headers["content-length"] ?? NaN));
  return checksum === undefined || size === undefined ? undefined : { path, size, checksum };
}

function checksumOf(hex: unknown): Checksum | undefined {
  if (typeof hex !== "string") return undefined;
  if (/^[0-9a-f]{64}$/.test(hex)) return { kind: "sha256", hex };
  return /^[0-9a-f]{40}$/.test(hex) ? { kind: "git", hex } : undefined;
}

function sizeOf(value: unknown): number | undefined {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0 ? value : undefined;
}

async function readJson(answer: HubAnswer): Promise<unknown> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of answer.body) {
    bytes += part.length;
    if (bytes > MOST_LISTING_BYTES)
      throw new Error(`The hub's list of files is longer than ${MOST_LISTING_BYTES} bytes.`);
    parts.push(part);
  }
  try {
    return JSON.parse(Buffer.concat(parts).toString("utf8")) as unknown;
  } catch {
    return undefined;
  }
}
