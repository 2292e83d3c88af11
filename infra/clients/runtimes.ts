// npm run client:runtimes: uses the compiled client in Node, Deno and Bun against a server of this checkout. Deno and Bun
// are those on the PATH, else npm's packages of that name, installed into a folder that is removed afterwards.
import { cp, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { output, startServer } from "../release/commands.ts";
import { ROOT } from "../release/workspaces.ts";

const RUNTIMES: readonly { readonly name: string; readonly args: readonly string[] }[] = [
  { name: "node", args: [] },
  // Nothing but the network: the client needs no files, no environment, no system.
  { name: "deno", args: ["run", "--allow-net", "--allow-read", "--no-prompt"] },
  { name: "bun", args: [] },
];
const WANTED = JSON.stringify({ stored: 2, hit: "bank", missing: "not_found" });

const folder = await mkdtemp(join(tmpdir(), "polyseme-runtimes-"));
try {
  await output("npx", ["tsc", "-b", "packages/client/tsconfig.build.json"], { cwd: ROOT });
  await cp(join(ROOT, "packages/client/dist"), join(folder, "client"), { recursive: true });
  await writeFile(join(folder, "package.json"), JSON.stringify({ name: "runtimes", private: true, type: "module" }));
  await output(
    process.execPath,
    [
      join(ROOT, "node_modules/typescript/bin/tsc"),
      ...["--target", "es2022", "--module", "esnext", "--skipLibCheck", "--noCheck", "--outDir", folder],
      fileURLToPath(new URL("use-client.ts", import.meta.url)),
    ],
    { cwd: folder },
  );
  const server = await startServer(process.execPath, ["packages/cli/bin/polyseme.mjs", "serve", "all"], {
    cwd: ROOT,
    env: { POLYSEME_PORT: "0", POLYSEME_DATA_DIR: join(folder, "data"), POLYSEME_BATCH_TOKENS: "512" },
  });
  try {
    for (const { name, args } of RUNTIMES) await tryIn(name, args, server.url);
  } finally {
    await server.stop();
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}

async function tryIn(name: string, args: readonly string[], url: string): Promise<void> {
  const program = await find(name);
  if (program === undefined) {
    process.stdout.write(`${name}: SKIPPED, it is neither here nor to be had from npm\n`);
    return;
  }
  const version = (await output(program, ["--version"], { cwd: folder })).split("\n")[0];
  const script = ["use-client.js", join(folder, "client/index.js"), url];
  const answer = (await output(program, [...args, ...script], { cwd: folder })).trim();
  const ok = answer === WANTED;
  process.stdout.write(`${name} (${version}): ${ok ? "ok" : `WRONG: ${answer}, not ${WANTED}`}\n`);
  if (!ok) process.exitCode = 1;
}

async function find(name: string): Promise<string | undefined> {
  const here = await output(name, ["--version"], { cwd: folder }).then(
    () => name,
    () => undefined,
  );
  if (here !== undefined) return here;
  const install = ["install", "--no-audit", "--no-fund", "--loglevel=error", name];
  return output("npm", install, { cwd: folder }).then(
    () => join(folder, "node_modules/.bin", name),
    () => undefined,
  );
}
