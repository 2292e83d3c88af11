import { chmod, mkdir, open, readFile, rm, statfs } from "node:fs/promises";
import { platform, userInfo } from "node:os";
import { join } from "node:path";
import { ask } from "../../infra/local/command.ts";

/** A filesystem of its own, small enough to be filled. */
export interface Disk {
  readonly folder: string;
  /** Leaves no byte free. */
  fill(): Promise<void>;
  free(): Promise<void>;
}

const PIECE_BYTES = 256 * 1024;

/** Mounts it in memory; undefined: only root on Linux may, and not in every container. */
export async function mountDisk(folder: string, sizeMb: number): Promise<Disk | undefined> {
  if (platform() !== "linux" || userInfo().uid !== 0) return undefined;
  await mkdir(folder, { recursive: true });
  const mounted = await ask("mount", ["-t", "tmpfs", "-o", `size=${sizeMb}m`, "polyseme-fault-disk", folder]);
  if (mounted === undefined) return undefined;
  await chmod(folder, 0o755);
  const filler = join(folder, "filler");
  return {
    folder,
    async fill() {
      const file = await open(filler, "w");
      try {
        const piece = Buffer.alloc(PIECE_BYTES, 1);
        // Others free a little now and then; what is left at the end is too small to matter.
        for (let left = (await statfs(folder)).bavail; left > 0; left = (await statfs(folder)).bavail)
          await file.write(piece);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "ENOSPC") throw error;
      } finally {
        await file.close();
      }
    },
    free: () => rm(filler, { force: true }),
  };
}

/** Unmounts what is mounted in this folder. */
export async function unmountUnder(dir: string): Promise<void> {
  const mounts = await readFile("/proc/mounts", "utf8").catch(() => "");
  for (const line of mounts.split("\n")) {
    const point = line.split(" ")[1];
    if (point?.startsWith(`${dir}/`) === true) await ask("umount", ["-l", point]);
  }
}
