import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** What is read of a package.json. */
export interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly private?: boolean;
  readonly description?: string;
  readonly license?: string;
  readonly keywords?: readonly string[];
  readonly type?: string;
  readonly exports?: string | Readonly<Record<string, string>>;
  readonly bin?: Readonly<Record<string, string>>;
  readonly files?: readonly string[];
  readonly engines?: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

export interface Workspace {
  /** Relative to the repository. */
  readonly folder: string;
  readonly manifest: Manifest;
}

/** Every package of the repository by its name. */
export async function readWorkspaces(): Promise<ReadonlyMap<string, Workspace>> {
  const found = new Map<string, Workspace>();
  for (const parent of ["packages", "services"])
    for (const entry of await readdir(join(ROOT, parent), { withFileTypes: true })) {
      if (!entry.isDirectory()) continue;
      const folder = `${parent}/${entry.name}`;
      const manifest = JSON.parse(await readFile(join(ROOT, folder, "package.json"), "utf8")) as Manifest;
      found.set(manifest.name, { folder, manifest });
    }
  return found;
}

/** A package and all packages of the repository that it needs. */
export function closureOf(all: ReadonlyMap<string, Workspace>, name: string): Workspace[] {
  const found = new Map<string, Workspace>();
  const visit = (one: string): void => {
    const workspace = all.get(one);
    if (workspace === undefined || found.has(one)) return;
    found.set(one, workspace);
    for (const dependency of Object.keys(workspace.manifest.dependencies ?? {})) visit(dependency);
  };
  visit(name);
  return [...found.values()];
}

/**
 * What these packages need from elsewhere.
 * @throws Error when two of them ask for different versions of one package
 */
export function outsideDependencies(
  all: ReadonlyMap<string, Workspace>,
  closure: readonly Workspace[],
): Record<string, string> {
  const wanted: Record<string, string> = {};
  for (const { folder, manifest } of closure)
    for (const [name, range] of Object.entries(manifest.dependencies ?? {})) {
      if (all.has(name)) continue;
      if (wanted[name] !== undefined && wanted[name] !== range)
        throw new Error(`${folder} asks for ${name} ${range}, another package for ${wanted[name]}. Make them one.`);
      wanted[name] = range;
    }
  return Object.fromEntries(Object.entries(wanted).sort(([a], [b]) => (a < b ? -1 : 1)));
}
