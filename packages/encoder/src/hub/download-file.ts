import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { constants, mkdir, open, rename, rm, type FileHandle } from "node:fs/promises";
import { dirname } from "node:path";
import { pipeline } from "node:stream/promises";
import { messageOf, PolysemeError } from "@polyseme/core";
import { exists } from "../exists.ts";
import { unreachable, type HubAnswer } from "./hub-client.ts";
import type { HubId } from "./hub-id.ts";
import { refusalOf } from "./hub-refusal.ts";
import { resolvePath, type AskOptions, type RemoteFile } from "./list-files.ts";
import { PassingFault, withRetries } from "./passing-fault.ts";

export interface DownloadOptions extends AskOptions {
  /** Told how many more bytes are here; fewer than none when what was here is thrown away. */
  readonly onBytes: (more: number) => void;
}

/** A file at one commit of a model. */
export interface FileAt {
  readonly id: HubId;
  readonly commit: string;
  readonly file: RemoteFile;
}

/** The content is not what the hub said it would be. */
export class WrongContent extends PolysemeError {}

/** What has this much more than at the last cut is getting on. */
const PROGRESS_BYTES = 1_024 * 1_024;
/** A file takes at most this long, and a line that is slower than this is given up. */
const LEAST_DEADLINE_MS = 120_000;
const LEAST_BYTES_A_MS = 32;

/**
 * Brings a file to `path`, going on where an earlier try was cut. Under that name it is whole and has the checksum that the
 * hub gave, or it is not there: until then it is `<path>.part`.
 * @throws WrongContent when it came whole and is another one; nothing of it is left. PolysemeError `model_unavailable` when
 * it does not come; what came is left. The signal's reason when it is aborted
 */
export async function downloadFile(at: FileAt, path: string, options: DownloadOptions): Promise<void> {
  const { file } = at;
  const { onBytes, signal } = options;
  if (await exists(path)) {
    onBytes(file.size);
    return;
  }
  const part = `${path}.part`;
  await mkdir(dirname(path), { recursive: true });
  for (;;) {
    const began = await fetchPart(at, part, options);
    const found = await checksumOf(part, file, signal);
    if (found === file.checksum.hex) break;
    await rm(part, { force: true });
    onBytes(-file.size);
    // What was left from before may have been damaged since; what came in one go was sent so.
    if (began === 0)
      throw new WrongContent(
        "model_unavailable",
        `${file.path} of ${at.id.name} came from ${options.client.endpoint} with another checksum (${found}) than it lists ` +
          `(${file.checksum.hex}). It was thrown away. Try again; where it happens again, ask another mirror (HF_ENDPOINT).`,
        { details: { field: "model", file: file.path } },
      );
  }
  await rename(part, path);
}

/** @returns how many bytes had been there before */
async function fetchPart(at: FileAt, part: string, options: DownloadOptions): Promise<number> {
  const { file, id, commit } = at;
  const { client, onBytes, retryMs } = options;
  const deadline = AbortSignal.timeout(LEAST_DEADLINE_MS + Math.ceil(file.size / LEAST_BYTES_A_MS));
  const signal = AbortSignal.any([options.signal, deadline]);
  const handle = await open(part, constants.O_RDWR | constants.O_CREAT);
  try {
    const found = (await handle.stat()).size;
    let have = 0;
    const begin = async (bytes: number): Promise<void> => {
      if (bytes === 0) await handle.truncate(0);
      onBytes(bytes - have);
      have = bytes;
    };
    await begin(found > file.size ? 0 : found);
    const before = have;
    let atLastCut = have;

    const fetchRest = async (): Promise<void> => {
      if (have === file.size) return;
      const range = have === 0 ? {} : { range: `bytes=${have}-` };
      const answer = await client.ask(resolvePath(id, commit, file.path), { ...range, signal });
      const from = await startOf(answer, at, options);
      if (from !== have) await begin(0);
      if (from !== 0 && from !== have) {
        answer.discard();
        throw new PassingFault(`the answer for ${file.path} begins at byte ${from}`);
      }
      for await (const bytes of answer.body) {
        if (have + bytes.length > file.size) throw await tooLong(at, options, begin);
        await writeAll(handle, bytes, have);
        have += bytes.length;
        onBytes(bytes.length);
      }
      if (have < file.size) throw new PassingFault(`${file.path} ended after ${have} of ${file.size} bytes`);
    };

    await withRetries(fetchRest, {
      signal,
      retryMs,
      gotOn() {
        const gotOn = have - atLastCut >= PROGRESS_BYTES;
        atLastCut = have;
        return gotOn;
      },
    });
    await handle.sync();
    return before;
  } catch (error) {
    options.signal.throwIfAborted();
    if (deadline.aborted) throw unreachable(client, `${file.path} came too slowly`, error);
    if (error instanceof PassingFault) throw unreachable(client, error.message, error);
    throw asDiskFault(error, part);
  } finally {
    await handle.close();
  }
}

/** Where in the file the answer's body begins. */
async function startOf(answer: HubAnswer, { id, file }: FileAt, { client }: DownloadOptions): Promise<number> {
  if (answer.status === 200) return 0;
  if (answer.status === 206) {
    const from = /^bytes (\d+)-/.exec(answer.headers["content-range"] ?? "")?.[1];
    return from === undefined ? -1 : Number(from);
  }
  answer.discard();
  // A store's addresses are good for a while only, and the hub has a new one.
  if (!answer.isHubs && answer.status < 500) throw new PassingFault(`the store behind it answered ${answer.status}`);
  const hasToken = await client.hasToken();
  throw refusalOf(answer, { id, endpoint: client.endpoint, hasToken, file: file.path });
}

async function tooLong(
  { id, file }: FileAt,
  { client }: DownloadOptions,
  begin: (bytes: number) => Promise<void>,
): Promise<WrongContent> {
  await begin(0);
  return new WrongContent(
    "model_unavailable",
    `${file.path} of ${id.name} is longer than the ${file.size} bytes that ${client.endpoint} lists. It was thrown away. ` +
      "Try again; where it happens again, ask another mirror (HF_ENDPOINT).",
    { details: { field: "model", file: file.path } },
  );
}

/** At its place, not at the end: who has been taken for dead and goes on writes the same bytes where they are already. */
async function writeAll(handle: FileHandle, bytes: Uint8Array, at: number): Promise<void> {
  for (let done = 0; done < bytes.length;)
    done += (await handle.write(bytes, done, bytes.length - done, at + done)).bytesWritten;
}

/** Read back from the disk, so that it is known of what lies there. */
async function checksumOf(path: string, { size, checksum }: RemoteFile, signal: AbortSignal): Promise<string> {
  const hash = createHash(checksum.kind === "sha256" ? "sha256" : "sha1");
  if (checksum.kind === "git") hash.update(`blob ${size}\0`);
  await pipeline(createReadStream(path, { highWaterMark: PROGRESS_BYTES }), hash, { signal });
  return hash.digest("hex");
}

function asDiskFault(error: unknown, path: string): unknown {
  if (!(error instanceof Error) || !("syscall" in error)) return error;
  return new PolysemeError(
    "model_unavailable",
    `${path} cannot be written (${messageOf(error)}). Make room, or set POLYSEME_MODELS_DIR to another folder.`,
    { details: { field: "POLYSEME_MODELS_DIR" }, cause: error },
  );
}
