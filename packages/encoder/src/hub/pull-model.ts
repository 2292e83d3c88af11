import { mkdir, open, readdir, rename, rm, statfs, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { messageOf, PolysemeError, type Device } from "@polyseme/core";
import { readAnyConfig } from "../pair-folder.ts";
import { exists } from "../exists.ts";
import { chooseFiles, type ChosenFiles, type Precision } from "./choose-files.ts";
import { downloadFile, WrongContent } from "./download-file.ts";
import { lockDownload, type DownloadLock } from "./download-lock.ts";
import type { HubClient } from "./hub-client.ts";
import type { HubId } from "./hub-id.ts";
import { describeFile, listRemote, type RemoteFile } from "./list-files.ts";

export interface PullProgress {
  readonly doneBytes: number;
  readonly totalBytes: number;
}

export interface PullOptions {
  readonly client: HubClient;
  readonly modelsDir: string;
  readonly device: Device;
  readonly precision?: Precision | undefined;
  readonly signal: AbortSignal;
  readonly onProgress?: ((progress: PullProgress) => void) | undefined;
  /** Told once that another process downloads the same model. */
  readonly onWait?: (() => void) | undefined;
  /** Other times and sizes only in tests. */
  readonly tuning?: PullTuning | undefined;
}

export interface PullTuning {
  readonly retryMs?: number;
  readonly beatMs?: number;
  readonly silentMs?: number;
  readonly freeBytes?: number;
}

export interface PulledModel {
  readonly name: string;
  readonly folder: string;
  /** Undefined: it was here already. */
  readonly download?: {
    readonly commit: string;
    readonly files: readonly RemoteFile[];
    /** The graph that runs on a CPU. */
    readonly graph: string;
    /** True when that is one of integers for want of another. */
    readonly isSecondChoice: boolean;
  };
}

/** Beside the models, so that a whole one gets its place by a rename; hidden, so that nothing in it is taken for a model. */
const DOWNLOADS = ".downloads";
const RECORD = "polyseme-download.json";
const RETRY_MS = 1_000;
/** The largest tokenizers have some 40 MB. */
const MOST_SMALL_BYTES = 128 * 1_024 * 1_024;
/** Beyond it nothing runs in the memory of a usual machine. */
const MOST_BYTES = 32 * 1_024 ** 3;
/** Left free on the disk. */
const SPARE_BYTES = 256 * 1_024 * 1_024;

/**
 * Brings a model from the hub into `modelsDir` under its name, once: a model that is there is not asked for again. Its folder
 * appears whole, with all checksums right, or not at all; what a cut leaves lies elsewhere, and the next call goes on with it.
 * Of several processes that want the same one, one downloads and the others wait.
 * @throws PolysemeError `invalid` when the hub has no such model or none that can be run, `model_unavailable` when it cannot
 * be had now; the signal's reason when it is aborted
 */
export async function pullModel(id: HubId, options: PullOptions): Promise<PulledModel> {
  const { modelsDir, signal, tuning } = options;
  const folder = join(modelsDir, ...id.name.split("/"));
  const here: PulledModel = { name: id.name, folder };
  const isHere = (): Promise<boolean> => exists(join(folder, "config.json"));
  if (await isHere()) return here;
  const work = join(modelsDir, DOWNLOADS, id.name.replace("/", "--"));
  await onDisk(work, () => mkdir(work, { recursive: true }));
  const lock = await onDisk(work, () =>
    lockDownload(work, {
      signal,
      isDone: isHere,
      onWait: () => options.onWait?.(),
      beatMs: tuning?.beatMs,
      silentMs: tuning?.silentMs,
    }),
  );
  if (lock === undefined || (await isHere())) {
    await lock?.release();
    return here;
  }
  try {
    return { ...here, download: await download(id, { work, folder, lock }, options) };
  } catch (error) {
    signal.throwIfAborted();
    // Another that took this process for dead may have been faster.
    if (await isHere()) return here;
    await lock.confirm();
    throw error;
  } finally {
    await lock.release();
  }
}

interface Places {
  /** For this download and those before it that were cut. */
  readonly work: string;
  /** Where the whole model goes. */
  readonly folder: string;
  readonly lock: DownloadLock;
}

async function download(
  id: HubId,
  { work, folder, lock }: Places,
  options: PullOptions,
): Promise<NonNullable<PulledModel["download"]>> {
  const { client, tuning } = options;
  const signal = AbortSignal.any([options.signal, lock.lost]);
  const ask = { client, signal, retryMs: tuning?.retryMs ?? RETRY_MS };
  const { commit, files: listed } = await listRemote(id, ask);
  const chosen = chooseFiles(id, listed, options);
  const parts = join(work, commit);
  await removeOthers(work, commit);
  const small = await describeAll(chosen.small);
  const files = [...small, ...(await describeAll(chosen.large))];
  checkSizes(id, small, files);
  await onDisk(parts, () => checkRoom(id, parts, files, tuning?.freeBytes));

  const totalBytes = files.reduce((sum, { size }) => sum + size, 0);
  let doneBytes = 0;
  const onBytes = (more: number): void => {
    doneBytes += more;
    options.onProgress?.({ doneBytes, totalBytes });
  };
  onBytes(0);
  try {
    for (const [index, file] of files.entries()) {
      // Whether a model is of a kind that runs here is in its small files: that is known before the large ones take their hour.
      if (index === small.length) await checkUsable(id, parts);
      await downloadFile({ id, commit, file }, join(parts, file.path), { ...ask, onBytes });
    }
  } catch (error) {
    if (error instanceof WrongContent) await rm(parts, { recursive: true, force: true });
    throw error;
  }
  const record = { id: id.repository, revision: id.revision, commit, endpoint: client.endpoint, files };
  await onDisk(parts, async () => {
    await writeFile(join(parts, RECORD), JSON.stringify(record, undefined, 2), { flush: true });
    for (const path of foldersOf(parts, files)) await syncFolder(path);
    await lock.confirm();
    await putInPlace(parts, folder);
  });
  return { commit, files, graph: chosen.graph, isSecondChoice: chosen.isSecondChoice };

  async function describeAll(of: ChosenFiles["small"]): Promise<RemoteFile[]> {
    const described: RemoteFile[] = [];
    for (const file of of) described.push(await describeFile(id, commit, file, ask));
    return described;
  }
}

function checkSizes(id: HubId, small: readonly RemoteFile[], all: readonly RemoteFile[]): void {
  const tooLarge = small.find(({ size }) => size > MOST_SMALL_BYTES);
  const total = all.reduce((sum, { size }) => sum + size, 0);
  if (tooLarge === undefined && total <= MOST_BYTES) return;
  const what = tooLarge === undefined ? `${gigabytes(total)}` : `a ${tooLarge.path} of ${gigabytes(tooLarge.size)}`;
  throw new PolysemeError(
    "invalid",
    `${id.name} has ${what}, and ${gigabytes(tooLarge === undefined ? MOST_BYTES : MOST_SMALL_BYTES)} is the most that is downloaded.`,
    { details: { field: "model" } },
  );
}

async function checkRoom(id: HubId, parts: string, files: readonly RemoteFile[], free?: number): Promise<void> {
  await mkdir(parts, { recursive: true });
  let wanted = 0;
  for (const { path, size } of files) wanted += size - Math.min(size, await sizeOnDisk(join(parts, path)));
  const room = free ?? (await roomOn(parts));
  if (wanted === 0 || room >= wanted + SPARE_BYTES) return;
  throw new PolysemeError(
    "model_unavailable",
    `${id.name} needs ${gigabytes(wanted)} more on the disk of ${parts}, and ${gigabytes(room)} are free. ` +
      "Make room, or set POLYSEME_MODELS_DIR to a folder on another disk.",
    { details: { field: "POLYSEME_MODELS_DIR" } },
  );
}

async function roomOn(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}

async function sizeOnDisk(path: string): Promise<number> {
  for (const name of [path, `${path}.part`]) {
    const handle = await open(name).catch(() => undefined);
    if (handle === undefined) continue;
    const { size } = await handle.stat().finally(() => handle.close());
    return size;
  }
  return 0;
}

async function checkUsable(id: HubId, parts: string): Promise<void> {
  await readAnyConfig(parts).catch((error: unknown) => {
    if (!(error instanceof PolysemeError)) throw error;
    const message = error.message.replace(parts, id.name);
    throw new PolysemeError(error.code, message, { details: error.details ?? {}, cause: error });
  });
}

/** What was downloaded of another commit is of no use any more. */
async function removeOthers(work: string, commit: string): Promise<void> {
  for (const entry of await readdir(work, { withFileTypes: true }))
    if (entry.isDirectory() && entry.name !== commit)
      await rm(join(work, entry.name), { recursive: true, force: true });
}

async function putInPlace(parts: string, folder: string): Promise<void> {
  await mkdir(dirname(folder), { recursive: true });
  await rename(parts, folder).catch((error: unknown) => {
    if (!(error instanceof Error && "code" in error && (error.code === "ENOTEMPTY" || error.code === "EEXIST")))
      throw error;
    throw new PolysemeError(
      "model_unavailable",
      `${folder} is there and is no model: it has no config.json. Remove it, and the downloaded model takes its place.`,
      { details: { field: "POLYSEME_MODELS_DIR" } },
    );
  });
  await syncFolder(dirname(folder));
}

function foldersOf(parts: string, files: readonly RemoteFile[]): Set<string> {
  return new Set([...files.map(({ path }) => dirname(join(parts, path))), parts]);
}

/** So that the names of files are on the disk before the model has its own; some systems cannot and need not. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder).catch(() => undefined);
  await handle?.sync().catch(() => undefined);
  await handle?.close();
}

async function onDisk<T>(folder: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof Error) || !("syscall" in error)) throw error;
    throw new PolysemeError(
      "model_unavailable",
      `Models cannot be downloaded to ${folder} (${messageOf(error)}). Set POLYSEME_MODELS_DIR to a folder that this user may write.`,
      { details: { field: "POLYSEME_MODELS_DIR" }, cause: error },
    );
  }
}

function gigabytes(bytes: number): string {
  return bytes < 1e9 ? `${Math.ceil(bytes / 1e6)} MB` : `${(bytes / 1e9).toFixed(1)} GB`;
}
