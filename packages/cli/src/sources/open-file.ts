import { constants, open, type FileHandle } from "node:fs/promises";
import type { FoundFile } from "./find-files.ts";

/**
 * Opens a file for reading when it still is one. Between the walk and this moment it may have become a link out of its
 * folder, or a pipe that nobody writes to, which would hold the run up for ever.
 * @throws Error that says why not
 */
export async function openFile({ path, isGiven }: Pick<FoundFile, "path" | "isGiven">): Promise<FileHandle> {
  // Windows knows neither flag, and neither links without rights nor pipes with a path.
  const { O_RDONLY, O_NONBLOCK = 0, O_NOFOLLOW = 0 } = constants as Partial<typeof constants> & typeof constants;
  const flags = O_RDONLY | O_NONBLOCK | (isGiven === true ? 0 : O_NOFOLLOW);
  const file = await open(path, flags).catch((error: unknown) => {
    const isLink = error instanceof Error && "code" in error && error.code === "ELOOP";
    throw isLink ? new Error("it is a link, and links inside of a folder are not followed", { cause: error }) : error;
  });
  try {
    if (!(await file.stat()).isFile()) throw new Error("it is no regular file");
    return file;
  } catch (error) {
    await file.close();
    throw error;
  }
}
