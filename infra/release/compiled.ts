import { dirname, relative } from "node:path";
import type { Workspace } from "./workspaces.ts";

/** An import of a module by name in what tsc writes: `from "x"`, `import "x"`, `import("x")`. */
const IMPORT = /(\bfrom\s*|\bimport\s*\(\s*|\bimport\s+)(["'])(@?[a-z][\w./:@-]*)\2/g;

/** The packages that a compiled module imports by name; Node's own are left out. */
export function importedPackages(code: string): string[] {
  const names = [...code.matchAll(IMPORT)].map((match) => packageOf(match[3] ?? ""));
  return [...new Set(names)].filter((name) => !name.startsWith("node:"));
}

/**
 * The module with imports of the repository's packages made relative.
 * @param at its place in the published package, such as `packages/cli/dist/main.js`
 * @throws Error for an import that the other package does not export
 */
export function withRelativeImports(code: string, at: string, all: ReadonlyMap<string, Workspace>): string {
  return code.replace(IMPORT, (whole, before: string, quote: string, specifier: string) => {
    const workspace = all.get(packageOf(specifier));
    if (workspace === undefined) return whole;
    const target = `${workspace.folder}/${compiledExport(workspace, specifier)}`;
    const path = relative(dirname(at), target).replaceAll("\\", "/");
    return `${before}${quote}${path.startsWith(".") ? path : `./${path}`}${quote}`;
  });
}

/** `./src/x.ts` of an export as `dist/x.js`. */
export function compiledPath(source: string): string {
  return source.replace(/^\.\/src\//, "dist/").replace(/\.tsx?$/, ".js");
}

function compiledExport({ manifest }: Workspace, specifier: string): string {
  const { exports = {}, name } = manifest;
  const entry = `.${specifier.slice(name.length)}`;
  const source = typeof exports === "string" ? (entry === "." ? exports : undefined) : exports[entry];
  if (source === undefined) throw new Error(`${name} does not export ${specifier}.`);
  return compiledPath(source);
}

function packageOf(specifier: string): string {
  const [first = "", second = ""] = specifier.split("/");
  return specifier.startsWith("@") ? `${first}/${second}` : first;
}
