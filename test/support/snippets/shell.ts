import { execFile, spawn } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { Environment } from "@polyseme/core";
import { COMPILED } from "../compiled.ts";
import { waitUntil } from "../http.ts";

export const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
const BIN = fileURLToPath(new URL("bin", import.meta.url));
const STOP_MS = 30_000;

/** A shell in a folder of its own, in which the blocks of one page are run one after the other. */
export interface SnippetShell {
  /** The folder that its commands start in. */
  readonly folder: string;
  /** @returns what was written, results and the rest @throws Error with that when a command failed or the time is over */
  run(code: string, withinMs: number): Promise<string>;
  /** The address of the server that a block has started; undefined: none has. */
  url(): Promise<string | undefined>;
  /** Ends the shell and all that it started. */
  stop(): Promise<void>;
}

/** @param files what lies in the folder: texts by their paths */
export async function openShell(env: Environment, files: Readonly<Record<string, string>>): Promise<SnippetShell> {
  const home = await mkdtemp(join(tmpdir(), "polyseme-snippets-"));
  const [folder, state] = [join(home, "folder"), join(home, "state")];
  for (const path of [folder, state]) await mkdir(path);
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
  const shell = spawn("bash", ["--noprofile", "--norc"], {
    cwd: folder,
    // A group of its own, so that whatever a block leaves running is found.
    detached: true,
    stdio: ["pipe", "pipe", "pipe"],
    env: {
      PATH: `${BIN}:${dirname(process.execPath)}:${process.env["PATH"]}`,
      HOME: process.env["HOME"],
      POLYSEME_DATA_DIR: join(folder, ".polyseme"),
      POLYSEME_PORT: "0",
      POLYSEME_LOG_LEVEL: "error",
      POLYSEME_BATCH_TOKENS: "512",
      NO_COLOR: "1",
      SNIPPETS_ROOT: ROOT,
      SNIPPETS_BIN: BIN,
      SNIPPETS_COMPILED: process.env[COMPILED] ?? "",
      SNIPPETS_STATE: state,
      SNIPPETS_NPM: await realCommand("npm"),
      SNIPPETS_NPX: await realCommand("npx"),
      SNIPPETS_CURL: await realCommand("curl"),
      ...env,
    },
  });
  let written = "";
  let code: number | null | undefined;
  for (const stream of [shell.stdout, shell.stderr])
    stream.setEncoding("utf8").on("data", (text: string) => {
      written += text;
    });
  shell.stdin.on("error", () => undefined);
  shell.once("close", (exitCode) => (code = exitCode));
  shell.stdin.write("set -euo pipefail\n");
  let blocks = 0;
  const kill = (signal: NodeJS.Signals): void => {
    try {
      process.kill(-(shell.pid ?? 0), signal);
    } catch {
      // All of the group is gone.
    }
  };
  return {
    folder,
    async run(text, withinMs) {
      const file = join(state, `block-${++blocks}.sh`);
      const end = `end of block ${blocks}`;
      await writeFile(file, `${text}\n`);
      const from = written.length;
      shell.stdin.write(`. ${file} </dev/null\necho '${end}'\n`);
      const seen = (): string => written.slice(from);
      await waitUntil(
        "the block has ended",
        () => Promise.resolve(seen().includes(end) || code !== undefined),
        withinMs,
      ).catch((error: unknown) => {
        throw new Error(`Not done after ${withinMs} ms:\n${text}\n\n${seen()}`, { cause: error });
      });
      if (!seen().includes(end)) throw new Error(`Failed:\n${text}\n\n${seen()}`);
      return seen().replace(`${end}\n`, "");
    },
    url: () =>
      readFile(join(state, "url"), "utf8").then(
        (text) => text.trim(),
        () => undefined,
      ),
    async stop() {
      kill("SIGTERM");
      await waitUntil("the group is gone", () => Promise.resolve(!isGroupAlive(shell.pid ?? 0)), STOP_MS).catch(() => {
        kill("SIGKILL");
      });
      await rm(home, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

function isGroupAlive(pid: number): boolean {
  try {
    return process.kill(-pid, 0);
  } catch {
    return false;
  }
}

async function realCommand(name: string): Promise<string> {
  const { stdout } = await promisify(execFile)("bash", ["-c", `command -v ${name}`]);
  return stdout.trim();
}
