import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { VERSION } from "@polyseme/http";
import { describe, expect, it } from "vitest";
import { importedPackages, withRelativeImports } from "../infra/release/compiled.ts";
import { NOT_SHIPPED, PUBLISHED } from "../infra/release/published.ts";
import { stagedManifest } from "../infra/release/stage.ts";
import { closureOf, outsideDependencies, readWorkspaces, ROOT, type Workspace } from "../infra/release/workspaces.ts";

const all = await readWorkspaces();

/** What a package's sources import when they run; types are gone by then. */
async function importsOf({ folder }: Workspace): Promise<Map<string, string>> {
  const src = join(ROOT, folder, "src");
  const files = (await readdir(src, { recursive: true })).filter((name) => /(?<!\.test)\.ts$/.test(name));
  const found = new Map<string, string>();
  for (const name of files) {
    const code = (await readFile(join(src, name), "utf8")).replace(/^(import|export) type [^;]*;/gm, "");
    for (const one of importedPackages(code)) found.set(one, `${folder}/src/${name}`);
  }
  return found;
}

/** Vite builds the page, and what is published has it built. */
const BUILD_ONLY = new Set(["vite"]);

describe("what is published", () => {
  it.each(PUBLISHED)("$name asks for all that it imports, and for nothing of this repository", async (published) => {
    const { dependencies = {}, peerDependencies = {} } = stagedManifest(published, all) as {
      dependencies?: Record<string, string>;
      peerDependencies?: Record<string, string>;
    };
    const own =
      published.kind === "application" ? closureOf(all, published.of) : closureOf(all, published.of).slice(0, 1);
    const asked = [...Object.keys(dependencies), ...Object.keys(peerDependencies)];
    const known = new Set([...asked, ...own.map(({ manifest }) => manifest.name), ...BUILD_ONLY]);
    const missing: string[] = [];
    for (const workspace of own)
      for (const [name, where] of await importsOf(workspace)) if (!known.has(name)) missing.push(`${name} (${where})`);
    expect(missing).toEqual([]);
    expect(Object.keys(dependencies).filter((name) => NOT_SHIPPED.has(name))).toEqual([]);
  });

  it("is in the same version everywhere, and the server says that version", () => {
    const versions = [...all.values()].map(({ manifest }) => manifest.version);
    expect(new Set([...versions, VERSION]).size).toBe(1);
    expect(PUBLISHED.map((one) => stagedManifest(one, all)["version"])).toEqual(PUBLISHED.map(() => VERSION));
  });

  it("has a licence, a README, the files that its manifests list, and a command that is there", () => {
    for (const { of, kind, beside = [] } of PUBLISHED) {
      const own = kind === "application" ? closureOf(all, of) : closureOf(all, of).slice(0, 1);
      expect(existsSync(join(ROOT, own[0]?.folder ?? "", "README.md"))).toBe(true);
      for (const { folder, manifest } of own) {
        expect(manifest.files, folder).toContain("dist");
        for (const part of manifest.files ?? [])
          if (part !== "dist") expect(existsSync(join(ROOT, folder, part)), `${folder}/${part}`).toBe(true);
      }
      for (const part of beside) expect(existsSync(join(ROOT, part))).toBe(true);
    }
    const [application] = PUBLISHED;
    const { bin } = stagedManifest(application ?? { name: "", of: "", kind: "library" }, all) as {
      bin: Record<string, string>;
    };
    expect(bin).toEqual({ polyseme: "./packages/cli/bin/polyseme.mjs" });
  });

  it("leaves every other package private", () => {
    const open = [...all.values()].filter(({ manifest }) => manifest.private !== true);
    const published = PUBLISHED.filter(({ kind }) => kind === "library").map(({ of }) => of);
    expect(open.map(({ manifest }) => manifest.name)).toEqual(published);
  });

  it("shows compiled exports with their types", () => {
    const client = PUBLISHED.find(({ name }) => name === "@polyseme/client");
    expect(client && stagedManifest(client, all)["exports"]).toEqual({
      ".": { types: "./dist/index.d.ts", default: "./dist/index.js" },
    });
  });
});

describe("imports between packages", () => {
  it("become relative, whatever their form, and no other import changes", () => {
    const code = [
      'import { a } from "@polyseme/core";',
      "export * from '@polyseme/encoder/catalog';",
      'const b = await import("@polyseme/client");',
      'import pg from "pg"; import "./own.js"; import { c } from "node:fs";',
      'const text = "@polyseme/core";',
    ].join("\n");
    expect(withRelativeImports(code, "services/api/dist/senses/x.js", all).split("\n")).toEqual([
      'import { a } from "../../../../packages/core/dist/index.js";',
      "export * from '../../../../packages/encoder/dist/catalog.js';",
      'const b = await import("../../../../packages/client/dist/index.js");',
      'import pg from "pg"; import "./own.js"; import { c } from "node:fs";',
      'const text = "@polyseme/core";',
    ]);
    expect(importedPackages(code)).toEqual(["@polyseme/core", "@polyseme/encoder", "@polyseme/client", "pg"]);
  });

  it("are refused where the other package exports no such module", () => {
    expect(() => withRelativeImports('import "@polyseme/core/secret";', "a/b.js", all)).toThrow("does not export");
  });

  it("may not ask for two versions of one package", () => {
    const of = (folder: string, range: string): Workspace => ({
      folder,
      manifest: { name: folder, version: "1.0.0", dependencies: { pg: range } },
    });
    expect(() => outsideDependencies(new Map(), [of("a", "^8.0.0"), of("b", "^9.0.0")])).toThrow("Make them one");
  });
});
