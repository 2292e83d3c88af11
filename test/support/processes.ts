import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { Environment } from "@polyseme/core";
import { programArguments } from "./compiled.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** How a process ended. */
export interface ProcessEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A service as its own process, started the way users start it. */
export interface ServiceProcess {
  readonly url: string;
  readonly pid: number;
  /** Resolves when it has ended, by whatever. */
  readonly ended: Promise<ProcessEnd>;
  /** What it has written to standard error so far. */
  log(): string;
  /** Sends the signal and resolves with how the process ended. */
  end(signal: NodeJS.Signals): Promise<ProcessEnd & { readonly afterMs: number }>;
}

/** A machine whose cores have other work takes a dozen seconds of them several times over. */
const START_MS = 90_000;

/** Starts services/<name>/src/main.ts and resolves when it has printed its URL. */
export async function startService(
  name: "ingest" | "embedder" | "api",
  settings: Environment,
): Promise<ServiceProcess> {
  return startProcess([`services/${name}/src/main.ts`], settings);
}

/** Starts `polyseme serve all`. */
export async function startServeAll(settings: Environment): Promise<ServiceProcess> {
  return startProcess(["packages/cli/src/main.ts", "serve", "all"], settings);
}

/**
 * Starts Node with these arguments (the entry file relative to the repository) and resolves when it has printed its URL.
 * @param onSpawn told the number of the process before that, for a caller that may have to end it meanwhile
 */
export async function startProcess(
  command: readonly string[],
  settings: Environment,
  onSpawn: (pid: number) => void = () => undefined,
): Promise<ServiceProcess> {
  const at = command.findIndex((argument) => argument.endsWith(".ts"));
  const options = command.slice(0, at);
  const [entry = "", ...rest] = command.slice(at);
  const child = spawn(process.execPath, [...options, ...programArguments(entry), ...rest], {
    cwd: ROOT,
    env: { PATH: process.env["PATH"], HOME: process.env["HOME"], POLYSEME_PORT: "0", ...settings },
    stdio: ["ignore", "pipe", "pipe"],
  });
  onSpawn(child.pid ?? 0);
  const ended = new Promise<ProcessEnd>((resolve) => {
    child.once("exit", (code, signal) => {
      resolve({ code, signal });
    });
  });
  let errors = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    errors += text;
  });
  const url = await firstUrl(child).catch((error: unknown) => {
    child.kill("SIGKILL");
    throw new Error(`${command.join(" ")} did not start: ${errors}`, { cause: error });
  });
  return {
    url,
    pid: child.pid ?? 0,
    ended,
    log: () => errors,
    async end(signal) {
      const started = performance.now();
      if (child.exitCode === null && child.signalCode === null) {
        const exited = once(child, "exit");
        child.kill(signal);
        await exited;
      }
      return { code: child.exitCode, signal: child.signalCode, afterMs: performance.now() - started };
    },
  };
}

function firstUrl(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let output = "";
    const timer = setTimeout(() => {
      reject(new Error(`No URL within ${START_MS} ms`));
    }, START_MS);
    child.stdout?.setEncoding("utf8").on("data", (text: string) => {
      output += text;
      const url = /http:\/\/\S+(?=\n)/.exec(output)?.[0];
      if (url === undefined) return;
      clearTimeout(timer);
      resolve(url);
    });
    child.once("exit", (code) => {
      clearTimeout(timer);
      reject(new Error(`It exited with ${code}`));
    });
  });
}
