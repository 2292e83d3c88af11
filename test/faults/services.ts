import { appendFile } from "node:fs/promises";
import { pause, processStart, withDeadline, type Environment } from "@polyseme/core";
import { startProcess, type ServiceProcess } from "../support/processes.ts";

/** A service that is started again whenever it ends, as an orchestrator would do. */
export interface Supervised {
  readonly name: string;
  /** Where it answers now; waits while it is down. @throws DeadlineError */
  url(withinMs: number): Promise<string>;
  /** Undefined while it is down. */
  readonly pid: number | undefined;
  /** Times that it ended without being told to, once it had started. */
  readonly crashes: readonly string[];
  /** What all its processes wrote to standard error. */
  log(): string;
  /** kill -9; nothing when it is down already. It starts again after `downMs`. */
  kill(downMs: number): Promise<void>;
  /** Another program from the next start on; undefined: its own again. */
  become(program: Program | undefined): void;
  stop(): Promise<void>;
}

/** A program in the place of a service, that ends by SIGKILL because that is what it is for. */
export interface Program {
  /** Entry file, relative to the repository. */
  readonly entry: string;
  /** Beside those of the service. */
  readonly settings: Environment;
}

export interface SuperviseOptions {
  readonly name: string;
  /** Entry file, relative to the repository. */
  readonly entry: string;
  readonly settings: Environment;
  /** Each process is written down here before it can do anything. */
  readonly servicesFile: string;
}

const BETWEEN_STARTS_MS = 300;
const POLL_MS = 20;
const LOG_TAIL_CHARACTERS = 3_000;

export function supervise(options: SuperviseOptions): Supervised {
  let other: Program | undefined;
  let stopping = false;
  let current: ServiceProcess | undefined;
  let spawned: number | undefined;
  let downUntilMs = 0;
  let killed = false;
  const crashes: string[] = [];
  const logs: string[] = [];

  async function runOnce(): Promise<void> {
    killed = false;
    const program = other;
    const settings = { ...options.settings, ...program?.settings };
    const process = await startProcess([program?.entry ?? options.entry], settings, (pid) => {
      spawned = pid;
      void writeDown(options.servicesFile, pid);
    });
    current = process;
    const end = await process.ended;
    current = undefined;
    spawned = undefined;
    logs.push(process.log());
    const asked = killed || stopping || (program !== undefined && end.signal === "SIGKILL");
    if (!asked) crashes.push(`ended with ${end.code ?? end.signal}: ${process.log().slice(-LOG_TAIL_CHARACTERS)}`);
  }

  const loop = (async () => {
    while (!stopping) {
      while (performance.now() < downUntilMs && !stopping) await pause(POLL_MS);
      if (stopping) return;
      // It cannot start while what it needs is away; an orchestrator tries again, too.
      await runOnce().catch((error: unknown) => {
        logs.push(`${String(error)}\n`);
      });
      if (!stopping) await pause(BETWEEN_STARTS_MS);
    }
  })();

  const end = (): void => {
    if (spawned === undefined) return;
    killed = true;
    try {
      process.kill(spawned, "SIGKILL");
    } catch {
      // It has ended meanwhile.
    }
  };

  return {
    name: options.name,
    crashes,
    get pid() {
      return current?.pid;
    },
    url: (withinMs) =>
      withDeadline(`${options.name} to be up`, withinMs, async () => {
        const deadline = performance.now() + withinMs;
        while (current === undefined && performance.now() < deadline && !stopping) await pause(POLL_MS);
        if (current === undefined) throw new Error(`${options.name} is not up: ${logs.at(-1) ?? ""}`);
        return current.url;
      }),
    log: () => [...logs, current?.log() ?? ""].join(""),
    async kill(downMs) {
      downUntilMs = performance.now() + downMs;
      const ended = current?.ended;
      end();
      await ended;
    },
    become(program) {
      other = program;
    },
    async stop() {
      stopping = true;
      end();
      await loop;
    },
  };
}

async function writeDown(file: string, pid: number): Promise<void> {
  const startedAt = await processStart(pid);
  if (startedAt !== undefined) await appendFile(file, `${pid} ${startedAt}\n`).catch(() => undefined);
}
