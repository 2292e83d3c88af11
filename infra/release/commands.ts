import { execFile, spawn } from "node:child_process";
import { promisify } from "node:util";

const run = promisify(execFile);

export interface RunOptions {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly withinMs?: number;
}

const WITHIN_MS = 300_000;
const MOST_OUTPUT = 64 * 1024 * 1024;

/** Runs a program and resolves with its standard output. @throws Error with what it wrote when it fails or takes too long */
export async function output(
  program: string,
  args: readonly string[],
  { cwd, env, withinMs }: RunOptions,
): Promise<string> {
  const options = { cwd, env: { ...process.env, ...env }, timeout: withinMs ?? WITHIN_MS, maxBuffer: MOST_OUTPUT };
  try {
    return (await run(program, args, options)).stdout;
  } catch (error) {
    const { stdout = "", stderr = "" } = error as { stdout?: string; stderr?: string };
    throw new Error(`${program} ${args.join(" ")} failed:\n${stdout.slice(-4_000)}${stderr.slice(-4_000)}`, {
      cause: error,
    });
  }
}

/** A server that was started: its URL as it printed it, and how to end it. */
export interface StartedServer {
  readonly url: string;
  /** Sends SIGTERM and resolves with the exit code. */
  stop(): Promise<number | null>;
}

/** Starts a program that prints its URL on standard output. @throws Error when it does not within the time */
export function startServer(
  program: string,
  args: readonly string[],
  { cwd, env, withinMs = 60_000 }: RunOptions,
): Promise<StartedServer> {
  const child = spawn(program, args, { cwd, env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "pipe"] });
  const ended = new Promise<number | null>((resolve) => child.once("exit", (code) => resolve(code)));
  let out = "";
  let errors = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (errors += text));
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      child.kill("SIGKILL");
      reject(new Error(`${program} ${args.join(" ")} printed no URL within ${withinMs} ms.\n${errors}`));
    }, withinMs);
    void ended.then((code) => {
      clearTimeout(timer);
      reject(new Error(`${program} ${args.join(" ")} ended with ${code}.\n${errors}`));
    });
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      out += text;
      const url = /https?:\/\/\S+(?=\s)/.exec(out)?.[0];
      if (url === undefined) return;
      clearTimeout(timer);
      const stop = async (): Promise<number | null> => {
        child.kill("SIGTERM");
        return ended;
      };
      resolve({ url, stop });
    });
  });
}
