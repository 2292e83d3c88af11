import { cp, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { output, startServer } from "./commands.ts";
import type { Tarball } from "./pack.ts";
import { ROOT } from "./workspaces.ts";

const CONSUMER_TSCONFIG = {
  compilerOptions: {
    target: "ES2023",
    lib: ["ES2023", "DOM", "DOM.Iterable"],
    module: "NodeNext",
    moduleResolution: "NodeNext",
    types: [],
    strict: true,
    exactOptionalPropertyTypes: true,
    // The client's own declarations are checked too.
    skipLibCheck: false,
    noEmit: true,
  },
  files: ["types.ts"],
};

/** onnxruntime-node's install script would otherwise fetch CUDA libraries. */
const INSTALL_ENV = { ONNXRUNTIME_NODE_INSTALL: "skip" };

/**
 * Installs the tarballs into an empty project outside of the repository and uses them as users do: the command line, the
 * embedded stack, the client, its types.
 * @throws Error at the first step that fails
 */
export async function checkInstalled(tarballs: readonly Tarball[], log: (line: string) => void): Promise<void> {
  const project = await mkdtemp(join(tmpdir(), "polyseme-consumer-"));
  try {
    await writeFile(join(project, "package.json"), JSON.stringify({ name: "consumer", private: true, type: "module" }));
    const install = ["install", "--no-audit", "--no-fund", "--loglevel=error", ...tarballs.map(({ path }) => path)];
    await output("npm", install, { cwd: project, env: INSTALL_ENV });
    const kib = (await output("du", ["-sk", "node_modules"], { cwd: project })).split("\t")[0];
    log(`installed: ${Math.round(Number(kib) / 1_024)} MiB of node_modules`);

    const help = await output("npx", ["--no-install", "polyseme", "--help"], { cwd: project });
    if (!help.includes("Usage: polyseme")) throw new Error(`polyseme --help printed:\n${help}`);
    log("polyseme --help: ok");

    for (const name of ["use.mjs", "types.ts"])
      await cp(join(ROOT, "infra/release/consumer", name), join(project, name));
    await writeFile(join(project, "tsconfig.json"), JSON.stringify(CONSUMER_TSCONFIG));
    await output(process.execPath, [join(ROOT, "node_modules/typescript/bin/tsc"), "-p", "."], { cwd: project });
    log("a TypeScript consumer type-checks: ok");

    await checkServer(project, log);
  } finally {
    await rm(project, { recursive: true, force: true });
  }
}

async function checkServer(project: string, log: (line: string) => void): Promise<void> {
  const bin = join(project, "node_modules/.bin/polyseme");
  const server = await startServer(bin, ["serve", "all"], { cwd: project, env: { POLYSEME_PORT: "0" } });
  let code: number | null;
  try {
    log(`polyseme serve all: ${server.url}`);
    log((await output(process.execPath, ["use.mjs", server.url], { cwd: project })).trim());
    const page = await fetch(server.url);
    const html = await page.text();
    if (page.status !== 200 || !html.includes("/assets/"))
      throw new Error(`The page answered ${page.status}: ${html.slice(0, 200)}`);
    log("the page: ok");
  } finally {
    code = await server.stop();
  }
  if (code !== 0) throw new Error(`polyseme serve all ended with ${code}.`);
  log("stopped: ok");
}
