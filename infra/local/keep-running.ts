import { readFile } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { lastLines, type Context } from "./command.ts";
import { isRunning, stopProcess, type ProcessIdentity, type StopSignals } from "./process-identity.ts";
import type { ServerRecord } from "./state.ts";

export const HOST = "127.0.0.1";

/** What the two servers have in common for whoever starts and stops them. */
export interface Server {
  readonly name: string;
  readonly logFile: string;
  readonly stopSignals: StopSignals;
  /** Prepares its data where that is missing and starts it, without waiting for it. */
  start(port: number): Promise<ProcessIdentity>;
  /** Returns when the server did a small piece of real work; throws when it cannot. */
  check(port: number): Promise<void>;
}

const START_MS = 60_000;
const ANSWER_MS = 15_000;
const ATTEMPTS = 4;
/** Children of a killed server hold its port and memory for a moment. */
const RELEASE_MS = 3_000;

/**
 * The server, running: the recorded process when it answers, else a new one, on the old port where that is still free.
 * @param save called as soon as a new process is there, so that it can be found again whatever happens next
 */
export async function keepRunning(
  server: Server,
  recorded: ServerRecord | undefined,
  save: (record: ServerRecord) => Promise<void>,
  context: Context,
): Promise<ServerRecord> {
  if (recorded !== undefined && (await isRunning(recorded))) {
    try {
      await untilAnswers(server, recorded, ANSWER_MS, context);
      return recorded;
    } catch {
      context.signal?.throwIfAborted();
      context.log(`${server.name} (process ${recorded.pid}) does not answer: starting it anew ...`);
      await stopProcess(server.name, recorded, server.stopSignals);
    }
  }
  let failure: unknown;
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    context.signal?.throwIfAborted();
    const port = attempt < ATTEMPTS - 1 ? await portLike(recorded?.port) : await freePort();
    const record = { ...(await server.start(port)), port };
    await save(record);
    try {
      await untilAnswers(server, record, START_MS, context);
      return record;
    } catch (error) {
      failure = error;
      await stopProcess(server.name, record, server.stopSignals);
      // Another program may have taken the port, or children of a killed predecessor are still ending.
      await pause(500);
    }
  }
  throw new Error(`${server.name} does not start. ${await endOfLog(server)}`, { cause: failure });
}

async function untilAnswers(server: Server, record: ServerRecord, withinMs: number, context: Context): Promise<void> {
  const deadline = Date.now() + withinMs;
  for (;;) {
    context.signal?.throwIfAborted();
    try {
      await server.check(record.port);
      return;
    } catch (error) {
      if (!(await isRunning(record))) throw new Error(`${server.name} ended right after its start`, { cause: error });
      if (Date.now() > deadline)
        throw new Error(`${server.name} does not answer after ${withinMs} ms`, { cause: error });
    }
    await pause(50);
  }
}

async function endOfLog(server: Server): Promise<string> {
  const log = lastLines(await readFile(server.logFile, "utf8").catch(() => ""), 10);
  return log === "" ? `Its log ${server.logFile} is empty.` : `The end of its log (${server.logFile}):\n${log}`;
}

/** The wanted port once it is free, so that addresses stay the same; else any. */
async function portLike(wanted: number | undefined): Promise<number> {
  if (wanted === undefined) return freePort();
  const deadline = Date.now() + RELEASE_MS;
  while (Date.now() < deadline) {
    if (await isFree(wanted)) return wanted;
    await pause(50);
  }
  return freePort();
}

/** A port that nothing listens on now. */
export async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve, reject) => {
    probe.once("error", reject).listen(0, HOST, resolve);
  });
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  return port;
}

function isFree(port: number): Promise<boolean> {
  const probe = createServer();
  return new Promise((resolve) => {
    probe
      .once("error", () => {
        resolve(false);
      })
      .listen(port, HOST, () =>
        probe.close(() => {
          resolve(true);
        }),
      );
  });
}
