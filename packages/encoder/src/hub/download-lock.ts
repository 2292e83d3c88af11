import { randomUUID } from "node:crypto";
import { open, readFile } from "node:fs/promises";
import { lockFilePath, newestLockFile, pause, replaceLockFile, takeLockFile } from "@polyseme/core";

export interface DownloadLock {
  /** Aborted when another has taken this one for dead and goes on in its place. */
  readonly lost: AbortSignal;
  /** @throws the reason of `lost` when another holds it by now */
  confirm(): Promise<void>;
  release(): Promise<void>;
}

export interface LockOptions {
  readonly signal: AbortSignal;
  /** True when there is nothing to do any more: the holder has done it. */
  readonly isDone: () => Promise<boolean>;
  /** Told once that another downloads it. */
  readonly onWait: () => void;
  /** Shorter only in tests. */
  readonly beatMs?: number | undefined;
  readonly silentMs?: number | undefined;
}

const BEAT_MS = 2_000;
/** Several beats: a machine under load, a network drive that remembers. */
const SILENT_MS = 15_000;

/**
 * Takes the folder for one download, or waits until whoever has it is done or is silent. The holder writes a growing number
 * into the lock's file, in place: that works over network drives and between containers, where neither process numbers nor
 * clocks can be compared. A holder's steps have deadlines of their own, so the wait ends.
 * @returns undefined when `isDone` became true
 * @throws the signal's reason when it is aborted
 */
export async function lockDownload(folder: string, options: LockOptions): Promise<DownloadLock | undefined> {
  const { signal, isDone, beatMs = BEAT_MS, silentMs = SILENT_MS } = options;
  let seen: { readonly number: number; readonly text: string; readonly sinceMs: number } | undefined;
  let hasSaid = false;
  for (;;) {
    signal.throwIfAborted();
    const newest = await newestLockFile(folder);
    const text = newest === undefined ? "{}" : await readFile(lockFilePath(folder, newest), "utf8").catch(() => "");
    if (newest !== seen?.number || text !== seen?.text)
      seen = newest === undefined ? undefined : { number: newest, text, sinceMs: performance.now() };
    const isFree = text === "{}" || (seen !== undefined && performance.now() - seen.sinceMs > silentMs);
    if (isFree) {
      const mine = (newest ?? 0) + 1;
      if (await takeLockFile(folder, mine, { holder: randomUUID(), beat: 0 })) return beating(folder, mine, beatMs);
      continue;
    }
    if (await isDone()) return undefined;
    if (!hasSaid) options.onWait();
    hasSaid = true;
    await pause(beatMs / 4, signal);
  }
}

function beating(folder: string, number: number, beatMs: number): DownloadLock {
  const lost = new AbortController();
  const stop = new AbortController();
  const path = lockFilePath(folder, number);

  async function confirm(): Promise<void> {
    if ((await newestLockFile(folder)) !== number)
      lost.abort(new Error("Another process goes on with the download: this one was silent for too long."));
    lost.signal.throwIfAborted();
  }

  async function beat(): Promise<void> {
    for (let count = 1; !stop.signal.aborted; count += 1) {
      // A drive that is away for a moment is no reason to stop; whoever takes over makes a higher number.
      await overwrite(path, JSON.stringify({ beat: count })).catch(() => undefined);
      await confirm();
      await pause(beatMs, stop.signal);
    }
  }

  const beats = beat().catch(() => undefined);
  return {
    lost: lost.signal,
    confirm,
    async release() {
      stop.abort();
      await beats;
      if (!lost.signal.aborted) await replaceLockFile(folder, number, {});
    },
  };
}

async function overwrite(path: string, text: string): Promise<void> {
  const handle = await open(path, "r+");
  try {
    await handle.writeFile(text);
    await handle.truncate(text.length);
  } finally {
    await handle.close();
  }
}
