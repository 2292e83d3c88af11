import { link, mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { processStart } from "@polyseme/core";
import type { Context } from "./command.ts";
import { isRunning } from "./process-identity.ts";

/** Does the work while no other process does work under the same lock file. A lock whose holder has ended is taken over. */
export async function withLock<T>(
  file: string,
  withinMs: number,
  context: Context,
  work: () => Promise<T>,
): Promise<T> {
  await acquire(file, withinMs, context);
  try {
    return await work();
  } finally {
    await rm(file, { force: true });
  }
}

async function acquire(file: string, withinMs: number, context: Context): Promise<void> {
  const deadline = Date.now() + withinMs;
  const mine = `${file}.${process.pid}`;
  let told = false;
  for (;;) {
    context.signal?.throwIfAborted();
    // Written first and linked into place, so that nobody ever reads a lock without its holder's name.
    await mkdir(dirname(file), { recursive: true });
    await writeFile(mine, `${process.pid} ${(await processStart(process.pid)) ?? ""}`);
    const got = await link(mine, file).then(
      () => true,
      (error: unknown) => {
        if (isCode(error, "EEXIST") || isCode(error, "ENOENT")) return false;
        throw error;
      },
    );
    await rm(mine, { force: true });
    if (got) return;
    const holder = await readFile(file, "utf8").catch(() => undefined);
    if (holder === undefined) continue;
    if (!(await holds(holder))) {
      await takeAway(file, holder);
      continue;
    }
    if (Date.now() > deadline)
      throw new Error(`Process ${holder.split(" ")[0] ?? ""} has held ${file} for too long: end it, then try again.`);
    if (!told) context.log(`Waiting for process ${holder.split(" ")[0] ?? ""}, which is at the same work ...`);
    told = true;
    await pause(100);
  }
}

async function holds(holder: string): Promise<boolean> {
  const [pid = "", ...startedAt] = holder.split(" ");
  return isRunning({ pid: Number(pid), startedAt: startedAt.join(" ") });
}

/** Of two processes that see the same dead holder only one may remove it, and never the lock the other has just made. */
async function takeAway(file: string, dead: string): Promise<void> {
  const aside = `${file}.dead.${process.pid}`;
  try {
    await rename(file, aside);
  } catch (error) {
    if (isCode(error, "ENOENT")) return;
    throw error;
  }
  if ((await readFile(aside, "utf8")) !== dead) await link(aside, file).catch(() => undefined);
  await rm(aside, { force: true });
}

function isCode(error: unknown, code: string): boolean {
  return (error as NodeJS.ErrnoException).code === code;
}
