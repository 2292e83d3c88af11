import { randomUUID } from "node:crypto";
import { link, readdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";

/**
 * A lock on a folder is its file `lock-<n>.json` with the highest n; a taker makes n + 1, which only one can. Files of lower
 * numbers are removed by the holder alone, and a released lock stays as an empty object, so that numbers never come back:
 * whoever was slow with an old number finds a higher one and gives up.
 */
const LOCK_FILE = /^lock-(\d+)\.json$/;

export function lockFilePath(folder: string, number: number): string {
  return join(folder, `lock-${number}.json`);
}

/** The number of the lock that counts; undefined: nobody ever held one. */
export async function newestLockFile(folder: string): Promise<number | undefined> {
  const numbers = await lockNumbers(folder);
  return numbers.length === 0 ? undefined : Math.max(...numbers);
}

/**
 * Makes the lock of this number, one more than the newest that the caller has looked at and found to be nobody's.
 * @returns false when another took it meanwhile: look again
 */
export async function takeLockFile(folder: string, number: number, holder: object): Promise<boolean> {
  if (!(await createExclusively(folder, number, holder))) return false;
  if ((await newestLockFile(folder)) !== number) {
    await rm(lockFilePath(folder, number), { force: true });
    return false;
  }
  for (const other of await lockNumbers(folder))
    if (other < number) await rm(lockFilePath(folder, other), { force: true });
  return true;
}

/** Another content for a lock that the caller holds; an empty object releases it. */
export async function replaceLockFile(folder: string, number: number, content: object): Promise<void> {
  await rename(await writeDraft(folder, content), lockFilePath(folder, number));
}

async function lockNumbers(folder: string): Promise<number[]> {
  const names = await readdir(folder).catch(() => []);
  return names.map((name) => Number(LOCK_FILE.exec(name)?.[1] ?? NaN)).filter((number) => !Number.isNaN(number));
}

/** The file appears with its content or not at all: a half-written one would look like nobody's. */
async function createExclusively(folder: string, number: number, holder: object): Promise<boolean> {
  const draft = await writeDraft(folder, holder);
  try {
    await link(draft, lockFilePath(folder, number));
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EEXIST") return false;
    throw error;
  } finally {
    await rm(draft, { force: true });
  }
}

async function writeDraft(folder: string, content: object): Promise<string> {
  const draft = join(folder, `.draft-${randomUUID()}`);
  await writeFile(draft, JSON.stringify(content));
  return draft;
}
