// npm run release:version: applies the changesets, then writes the new version where code says it.
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { output } from "./commands.ts";
import { readWorkspaces, ROOT } from "./workspaces.ts";

const SAYS_IT = ["packages/http/src/serve.ts", "packages/cli/src/program.ts"];

await output("npx", ["--no-install", "changeset", "version"], { cwd: ROOT });
const version = (await readWorkspaces()).get("@polyseme/cli")?.manifest.version ?? "";
const replaceIn = async (path: string, pattern: RegExp, text: string): Promise<void> => {
  const before = await readFile(join(ROOT, path), "utf8");
  if (!pattern.test(before)) throw new Error(`${path} does not say its version.`);
  await writeFile(join(ROOT, path), before.replace(pattern, text));
};
for (const path of SAYS_IT) await replaceIn(path, /const VERSION = "[^"]+";/, `const VERSION = "${version}";`);
await replaceIn("package.json", /"version": "[^"]+"/, `"version": "${version}"`);
await replaceIn("clients/python/pyproject.toml", /^version = "[^"]+"/m, `version = "${version}"`);
await output("npm", ["install", "--package-lock-only", "--no-audit", "--no-fund", "--loglevel=error"], { cwd: ROOT });
process.stdout.write(`${version}\n`);
