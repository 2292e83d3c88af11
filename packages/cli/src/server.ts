import { randomBytes } from "node:crypto";
import { runAll } from "@polyseme/all";
import { readDataDirHolder, type DataDirHolder } from "@polyseme/backends";
import { Polyseme, PolysemeRequestError } from "@polyseme/client";
import { asPolysemeError, pause, PolysemeError, readConfig, type Config } from "@polyseme/core";
import { pullDefaultModel } from "./commands/models-pull.ts";
import type { CliContext } from "./context.ts";

/** A server for the time of a command. */
export interface ServerUse {
  readonly client: Polyseme;
  readonly url: string;
  /** Aborted when the user asks to stop, or the server that this process started has failed. */
  readonly signal: AbortSignal;
  /** A client of the same server with another key, or without one. */
  readonly clientFor: (apiKey: string | undefined) => Polyseme;
  /** True when this command started it and will stop it. */
  readonly isOwn: boolean;
}

/** How long a server that holds the data folder may take until it listens. */
const STARTING_MS = 60_000;
const LOOK_EVERY_MS = 200;
const UNAUTHORIZED = 401;
const OWN_KEY_BYTES = 32;

/**
 * Gives `work` a server: the one at `url` or POLYSEME_URL, else the running one that holds the data folder, else the whole
 * stack started in this process and stopped again afterwards.
 * @throws what `work` throws, or PolysemeError when no server can be had
 */
export async function withServer<T>(
  context: CliContext,
  url: string | undefined,
  work: (use: ServerUse) => Promise<T>,
): Promise<T> {
  const signal = context.signals.stop;
  const config = readConfig(context.env);
  const known = url ?? nonEmpty(context.env["POLYSEME_URL"]) ?? (await findRunning(config, signal));
  if (known === undefined) return withOwnServer(context, config, work);
  const client = makeClient(known, nonEmpty(context.env["POLYSEME_API_KEY"]) ?? config.apiKeys[0]);
  const clientFor = (apiKey: string | undefined): Polyseme => makeClient(known, apiKey);
  return work({ client, clientFor, url: known, signal, isOwn: false }).catch((error: unknown) => {
    throw error instanceof PolysemeRequestError && error.status === UNAUTHORIZED
      ? new Error(`${known} wants another API key. Set POLYSEME_API_KEY to one that it knows.`, { cause: error })
      : error;
  });
}

/** The URL of the embedded server that runs on the data folder. */
async function findRunning(config: Config, signal: AbortSignal): Promise<string | undefined> {
  if (config.backend.kind !== "embedded") return undefined;
  const until = performance.now() + STARTING_MS;
  let holder: DataDirHolder | undefined;
  do {
    holder = await readDataDirHolder(config.backend.dataDir);
    if (holder === undefined || holder.url !== undefined) return holder?.url;
    await pause(LOOK_EVERY_MS, signal);
  } while (!signal.aborted && performance.now() < until);
  throw new PolysemeError(
    "conflict",
    `Process ${holder.pid} holds the data folder ${config.backend.dataDir} and serves no requests. ` +
      "Wait until it is done, stop it, or set POLYSEME_DATA_DIR to another folder.",
  );
}

async function withOwnServer<T>(context: CliContext, config: Config, work: (use: ServerUse) => Promise<T>): Promise<T> {
  await pullDefaultModel(context, config);
  context.err.line("Starting polyseme in this process: Postgres, queue, encoder and HTTP ...");
  // Whoever holds the data may do everything with it, also where keys are in use: a key for as long as the command runs.
  const ownKey = randomBytes(OWN_KEY_BYTES).toString("base64url");
  const stop = new AbortController();
  const failed = new AbortController();
  let running: Promise<void> | undefined;
  const url = await new Promise<string>((resolve, reject) => {
    running = runAll({
      config: {
        ...config,
        apiKeys: [...config.apiKeys, ownKey],
        host: "127.0.0.1",
        port: 0,
        logLevel: nonEmpty(context.env["POLYSEME_LOG_LEVEL"]) === undefined ? "error" : config.logLevel,
      },
      pid: context.pid,
      signals: { stop: stop.signal, abandon: context.signals.abandon },
      onListening: resolve,
    });
    running.catch((error: unknown) => {
      reject(asPolysemeError(error));
      failed.abort(error);
    });
  });
  try {
    const signal = AbortSignal.any([context.signals.stop, failed.signal]);
    const clientFor = (apiKey: string | undefined): Polyseme => makeClient(url, apiKey);
    return await work({ client: makeClient(url, ownKey), clientFor, url, signal, isOwn: true });
  } finally {
    stop.abort(new Error("The command is done"));
    await running;
  }
}

function makeClient(url: string, apiKey: string | undefined): Polyseme {
  return new Polyseme({ url, apiKey, retry: { attempts: 4 } });
}

function nonEmpty(text: string | undefined): string | undefined {
  return text === undefined || text.trim() === "" ? undefined : text.trim();
}
