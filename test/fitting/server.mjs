import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

export const CLI = fileURLToPath(new URL("../../packages/cli/bin/polyseme.mjs", import.meta.url));
export const KEY = "a-key-for-the-clients-of-others";

/** Runs the command line until its first line, which is a URL; `stop` ends it. */
export async function start(args, env) {
  const child = spawn(process.execPath, [CLI, ...args], {
    env: { PATH: process.env.PATH, HOME: process.env.HOME, ...env },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [url] = await Promise.race([
    once(createInterface({ input: child.stdout }), "line"),
    once(child, "exit").then(([code]) => Promise.reject(new Error(`polyseme ${args.join(" ")} exited with ${code}`))),
  ]);
  return {
    url,
    async stop() {
      const exited = once(child, "exit");
      child.kill("SIGTERM");
      await exited;
    },
  };
}

/** `polyseme serve all` on an empty folder, with a key. */
export async function startServer() {
  const dataDir = await mkdtemp(join(tmpdir(), "polyseme-fitting-"));
  const { url, stop } = await start(["serve", "all", "--port", "0"], {
    POLYSEME_DATA_DIR: dataDir,
    POLYSEME_API_KEYS: KEY,
    POLYSEME_LOG_LEVEL: "error",
  });
  return {
    url,
    async stop() {
      await stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
