import { execFile } from "node:child_process";

/** What every step is handed: where progress goes, and how the person at the keyboard calls it off. */
export interface Context {
  readonly log: (line: string) => void;
  readonly signal?: AbortSignal | undefined;
}

/** Whom a child runs as; undefined everywhere it is used means "as the caller". */
export interface Account {
  readonly uid: number;
  readonly gid: number;
}

export interface RunOptions {
  readonly withinMs: number;
  readonly cwd?: string;
  readonly account?: Account | undefined;
  readonly signal?: AbortSignal | undefined;
}

const TAIL_LINES = 15;

/**
 * Runs a command to its end and returns its standard output.
 * @throws Error that shows the command line and the end of what it printed, also when it was missing or ran too long
 */
export function run(command: string, args: readonly string[], options: RunOptions): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = execFile(
      command,
      args,
      {
        // A child under another account may not be allowed into the caller's folder.
        cwd: options.cwd ?? "/",
        timeout: options.withinMs,
        maxBuffer: 64 * 1024 * 1024,
        ...options.account,
        ...(options.signal === undefined ? {} : { signal: options.signal }),
      },
      (error, stdout, stderr) => {
        if (error === null) {
          resolve(stdout);
          return;
        }
        const reason =
          error.killed === true && options.signal?.aborted !== true
            ? `took longer than ${options.withinMs / 1000} s`
            : `failed (${error.code ?? error.signal ?? error.message})`;
        const printed = lastLines(`${stdout}\n${stderr}`, TAIL_LINES);
        reject(new Error(`\`${[command, ...args].join(" ")}\` ${reason}${printed === "" ? "" : `:\n${printed}`}`));
      },
    );
    child.stdin?.end();
  });
}

/** The same as `run`, with undefined for any failure: for questions whose answer may be "there is no such program". */
export async function ask(command: string, args: readonly string[], account?: Account): Promise<string | undefined> {
  try {
    return (await run(command, args, { withinMs: 20_000, account })).trim();
  } catch {
    return undefined;
  }
}

/** The last lines of a text that say something. */
export function lastLines(text: string, count: number): string {
  return text
    .split("\n")
    .filter((line) => line.trim() !== "")
    .slice(-count)
    .join("\n");
}
