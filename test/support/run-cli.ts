import { spawn } from "node:child_process";
import { PassThrough } from "node:stream";
import { fileURLToPath } from "node:url";
import type { Environment } from "@polyseme/core";
import { runCli } from "../../packages/cli/src/program.ts";
import { makeTerminal } from "../../packages/cli/src/terminal.ts";
import { programArguments } from "./compiled.ts";

/** The command line in this process, against a running server: how it ended and what it wrote. */
export async function runCliHere(
  argv: readonly string[],
  env: Environment = {},
): Promise<{ code: number; out: string; err: string }> {
  const written = { out: "", err: "" };
  const stream = (name: "out" | "err") => ({ columns: 200, write: (text: string) => (written[name] += text) });
  const code = await runCli([...argv], {
    env,
    pid: process.pid,
    nodeVersion: process.version,
    stdin: new PassThrough(),
    out: makeTerminal(stream("out"), {}),
    err: makeTerminal(stream("err"), {}),
    outStream: new PassThrough(),
    errStream: new PassThrough(),
    signals: { stop: new AbortController().signal, abandon: new AbortController().signal },
  });
  return { code, ...written };
}

/** The command line as a process of its own, as users run it. */
export interface CliProcess {
  /** All that it has written so far, results and the rest. */
  output(): string;
  /** Resolves when it has written this; fails when it ends without, or after the deadline. */
  until(text: string, withinMs?: number): Promise<void>;
  /** Sends the signal, if there is one, and resolves with the exit code. */
  end(signal?: NodeJS.Signals): Promise<number | null>;
}

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const UNTIL_MS = 100_000;

export function startCli(argv: readonly string[], env: Environment): CliProcess {
  const child = spawn(process.execPath, [...programArguments("packages/cli/src/main.ts"), ...argv], {
    cwd: ROOT,
    env: { PATH: process.env["PATH"], HOME: process.env["HOME"], ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  let look: () => void = () => undefined;
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (text: string) => {
      output += text;
      look();
    });
  let code: number | null | undefined;
  const ended = new Promise<number | null>((resolve) => {
    child.once("close", (exitCode) => {
      code = exitCode;
      look();
      resolve(exitCode);
    });
  });
  return {
    output: () => output,
    until: (text, withinMs = UNTIL_MS) =>
      new Promise((resolve, reject) => {
        const fail = (why: string): void => {
          reject(new Error(`${why} without "${text}": ${output}`));
        };
        const timer = setTimeout(fail, withinMs, `It wrote for ${withinMs} ms`);
        look = () => {
          if (!output.includes(text) && code === undefined) return;
          clearTimeout(timer);
          look = () => undefined;
          if (output.includes(text)) resolve();
          else fail(`It ended with ${code}`);
        };
        look();
      }),
    end(signal) {
      if (signal !== undefined) child.kill(signal);
      return ended;
    },
  };
}
