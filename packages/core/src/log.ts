import { pino, type Logger } from "pino";
import type { LogLevel } from "./config.ts";

export type Log = Logger;

/** Structured JSON lines on standard error: standard output is for results. Never log a document's text or a secret. */
export function makeLog(level: LogLevel, service: string): Log {
  return pino(
    {
      level,
      base: { service },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: ["req.headers.authorization", "*.apiKey", "*.databaseUrl", "*.redis"],
    },
    pino.destination({ dest: 2, sync: true }),
  );
}
