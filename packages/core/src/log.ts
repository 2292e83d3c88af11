import { pino, type DestinationStream, type Logger } from "pino";
import type { LogLevel } from "./config.ts";
import { messageOf } from "./errors.ts";

export type Log = Logger;

/** Longest message of an error in the log: what is longer quotes something. */
const MAX_MESSAGE = 500;

/** Names under which a secret may come; their values are replaced wherever they are at the top or one level below. */
const SECRETS = ["authorization", "apiKey", "apiKeys", "key", "password", "databaseUrl", "redis", "headers"];

/**
 * Structured JSON lines on standard error: standard output is for results. Lines name tickets, jobs and documents by their
 * ids. Never log a document's text or a secret.
 * @param destination another one only in tests
 */
export function makeLog(
  level: LogLevel,
  service: string,
  destination: DestinationStream = pino.destination({ dest: 2, sync: true }),
): Log {
  return pino(
    {
      level,
      base: { service },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { err: showError },
      redact: SECRETS.flatMap((name) => [name, `*.${name}`]),
    },
    destination,
  );
}

/**
 * Of an error only what never holds what people pushed: drivers add fields that do, such as Postgres's `detail`, which
 * quotes a whole row.
 */
function showError(error: unknown): Record<string, string> {
  if (!(error instanceof Error)) return { message: messageOf(error).slice(0, MAX_MESSAGE) };
  const { name, code, stack = "" } = error as Error & { code?: unknown };
  return {
    name,
    message: error.message.slice(0, MAX_MESSAGE),
    ...(typeof code === "string" && { code }),
    // The message comes before the frames, at any length.
    stack: stack.slice(stack.search(/^ {4}at /m)).slice(0, 4 * MAX_MESSAGE),
  };
}
