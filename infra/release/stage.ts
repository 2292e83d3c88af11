import { cp, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { compiledPath, importedPackages, withRelativeImports } from "./compiled.ts";
import { LEGAL, NOT_SHIPPED, PUBLISHED, type Published } from "./published.ts";
import { closureOf, outsideDependencies, readWorkspaces, ROOT, type Manifest, type Workspace } from "./workspaces.ts";

/** Where packages are put together; git ignores it. */
export const RELEASE = join(ROOT, "release");

/** What tsc leaves beside the code, and the starters that run sources. */
const LEFT_OUT = /(\.tsbuildinfo|\.map|\.test\.[a-z]+|-from-source\.mjs)$/;
const DECLARATION = ".d.ts";

/** The folder of a published package. */
export function stagedFolder({ name }: Published): string {
  return join(RELEASE, name.replace(/^@/, "").replace("/", "-"));
}

/** Puts every published package together from what was built. @throws Error when something in it would not be found */
export async function stageAll(): Promise<void> {
  const all = await readWorkspaces();
  for (const published of PUBLISHED) await stage(published, all);
}

/** What the published package says of itself. */
export function stagedManifest(published: Published, all: ReadonlyMap<string, Workspace>): Record<string, unknown> {
  const { manifest, folder } = workspaceOf(published, all);
  const { version, description, keywords, license, engines } = manifest;
  const common = {
    name: published.name,
    version,
    description,
    keywords,
    license,
    type: "module",
    engines,
    publishConfig: { access: "public" },
  };
  if (published.kind === "application") {
    const dependencies = outsideDependencies(all, closureOf(all, published.of));
    const bin = Object.entries(manifest.bin ?? {}).map(([name, path]) => [name, `./${join(folder, path)}`]);
    return {
      ...common,
      bin: Object.fromEntries(bin) as Record<string, string>,
      dependencies: Object.fromEntries(Object.entries(dependencies).filter(([name]) => !NOT_SHIPPED.has(name))),
    };
  }
  return {
    ...common,
    sideEffects: false,
    exports: compiledExports(manifest),
    dependencies: manifest.dependencies ?? {},
    ...(manifest.peerDependencies === undefined ? {} : { peerDependencies: manifest.peerDependencies }),
  };
}

function compiledExports({ exports = {} }: Manifest): Record<string, { types: string; default: string }> {
  const entries = typeof exports === "string" ? [[".", exports] as const] : Object.entries(exports);
  return Object.fromEntries(
    entries.map(([name, source]) => {
      const compiled = `./${compiledPath(source)}`;
      return [name, { types: compiled.replace(/\.js$/, ".d.ts"), default: compiled }];
    }),
  );
}

async function stage(published: Published, all: ReadonlyMap<string, Workspace>): Promise<void> {
  const target = stagedFolder(published);
  await rm(target, { recursive: true, force: true });
  await mkdir(target, { recursive: true });
  const own = workspaceOf(published, all);
  const manifest = stagedManifest(published, all);
  // Peers are brought by whoever installs it.
  const known = new Set(["dependencies", "peerDependencies"].flatMap((kind) => Object.keys(manifest[kind] ?? {})));
  if (published.kind === "library") {
    for (const part of own.manifest.files ?? [])
      await copy(join(ROOT, own.folder, part), join(target, part), (path, code) => {
        requireKnown(path, code, known, all);
        // TypeScript leaves the endings of sources in declarations.
        return path.endsWith(DECLARATION) ? code.replace(/(["']\.{1,2}\/[^"']*)\.ts(["'])/g, "$1.js$2") : code;
      });
  } else {
    for (const { folder, manifest: inner } of closureOf(all, published.of))
      for (const part of inner.files ?? [])
        await copy(join(ROOT, folder, part), join(target, folder, part), (path, code) => {
          if (path.endsWith(DECLARATION)) return undefined;
          if (!/\.m?js$/.test(path) || path.includes("/dist/web/")) return code;
          requireKnown(path, code, known, all);
          return withRelativeImports(code, path.slice(target.length + 1), all);
        });
    for (const part of published.beside ?? []) await cp(join(ROOT, part), join(target, part), { recursive: true });
  }
  for (const name of LEGAL) await cp(join(ROOT, name), join(target, name));
  await cp(join(ROOT, own.folder, "README.md"), join(target, "README.md"));
  await writeFile(join(target, "package.json"), `${JSON.stringify(manifest, null, 2)}\n`);
}

/** Copies a file, or a folder with all that is in it; text passes through `change`, which may leave a file out. */
async function copy(from: string, to: string, change: (to: string, code: string) => string | undefined): Promise<void> {
  const entries = await readdir(from, { withFileTypes: true }).catch(() => undefined);
  if (entries !== undefined) {
    for (const { name } of entries) if (!LEFT_OUT.test(name)) await copy(join(from, name), join(to, name), change);
    return;
  }
  if (!/\.(m?js|ts)$/.test(from)) {
    await cp(from, to);
    return;
  }
  const code = change(to, await readFile(from, "utf8"));
  if (code === undefined) return;
  await mkdir(dirname(to), { recursive: true });
  await writeFile(to, code);
}

/** @throws Error when the module imports a package that an installation would not bring */
function requireKnown(
  path: string,
  code: string,
  known: ReadonlySet<string>,
  all: ReadonlyMap<string, Workspace>,
): void {
  if (!/\.m?js$/.test(path)) return;
  const missing = importedPackages(code).filter(
    (name) => !known.has(name) && !all.has(name) && !MAY_BE_ABSENT.has(name),
  );
  if (missing.length > 0) throw new Error(`${path} imports ${missing.join(", ")}, which its package does not ask for.`);
}

/** Imported only in a checkout, where they are: by the starter, and by what builds the page. */
const MAY_BE_ABSENT: ReadonlySet<string> = new Set(["tsx", "vite"]);

function workspaceOf({ of }: Published, all: ReadonlyMap<string, Workspace>): Workspace {
  const found = all.get(of);
  if (found === undefined) throw new Error(`There is no package ${of} in this repository.`);
  return found;
}
