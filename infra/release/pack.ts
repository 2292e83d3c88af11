import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { output } from "./commands.ts";
import { PUBLISHED } from "./published.ts";
import { RELEASE, stageAll, stagedFolder } from "./stage.ts";
import { readWorkspaces, ROOT } from "./workspaces.ts";

export interface Tarball {
  readonly name: string;
  readonly version: string;
  /** Of the file; absolute. */
  readonly path: string;
  readonly packedBytes: number;
  readonly unpackedBytes: number;
  readonly files: readonly { readonly path: string; readonly size: number }[];
}

/** Compiles everything anew, so that nothing of a file that is gone is left, and builds the page. */
export async function build(): Promise<void> {
  for (const { folder } of (await readWorkspaces()).values())
    await rm(join(ROOT, folder, "dist"), { recursive: true, force: true });
  await output("npm", ["run", "--silent", "build"], { cwd: ROOT });
}

/** Puts the packages together from what was built and packs them, as npm would publish them. */
export async function pack(): Promise<Tarball[]> {
  await rm(RELEASE, { recursive: true, force: true });
  await stageAll();
  const tarballs = join(RELEASE, "tarballs");
  await mkdir(tarballs, { recursive: true });
  const packed: Tarball[] = [];
  for (const published of PUBLISHED) {
    const args = ["pack", "--json", "--loglevel=error", "--pack-destination", tarballs];
    packed.push(readPacked(await output("npm", args, { cwd: stagedFolder(published) }), tarballs));
  }
  return packed;
}

interface NpmPacked {
  readonly name: string;
  readonly version: string;
  readonly filename: string;
  readonly size: number;
  readonly unpackedSize: number;
  readonly files: Tarball["files"];
}

function readPacked(json: string, folder: string): Tarball {
  // A list up to npm 11, an object by name from 12 on.
  const answer = JSON.parse(json) as readonly NpmPacked[] | Readonly<Record<string, NpmPacked>>;
  const [one] = Object.values<NpmPacked>(answer);
  if (one === undefined) throw new Error("npm packed nothing.");
  const { name, version, filename, size, unpackedSize, files } = one;
  return { name, version, path: join(folder, filename), packedBytes: size, unpackedBytes: unpackedSize, files };
}

export function describeTarball({ name, version, packedBytes, unpackedBytes, files }: Tarball): string {
  const mb = (bytes: number): string => (bytes / 1e6).toFixed(2);
  return `${name}@${version}: ${mb(packedBytes)} MB packed, ${mb(unpackedBytes)} MB unpacked, ${files.length} files`;
}
