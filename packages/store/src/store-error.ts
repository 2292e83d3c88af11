import { isConnectionCode, PolysemeError } from "@polyseme/core";

/** SQLSTATE classes and codes that say "not now", never "not this". */
const PASSING_CLASSES = new Set([
  // The connection.
  "08",
  // Disk, memory, connections.
  "53",
]);
const PASSING_CODES = new Set([
  // Shutting down, crashed, starting.
  "57P01",
  "57P02",
  "57P03",
  // Idle for too long for the server's taste; cut off by its time limits or by an administrator.
  "57P05",
  "25P03",
  "57014",
  // Read only: a standby, or a primary whose disk is full.
  "25006",
  // Lost against another transaction.
  "40001",
  "40P01",
  "55P03",
  // Reading or writing its files failed.
  "58030",
]);

/** The session is over: whatever the code says (a full disk may come as an internal error), the statement is not at fault. */
const ENDING_SEVERITIES: ReadonlySet<unknown> = new Set(["FATAL", "PANIC"]);

/** Errors that pg itself makes, which have no code. */
const DRIVER_MESSAGES = [
  "Connection terminated",
  "timeout exceeded when trying to connect",
  "Client has encountered a connection error",
  "Client was closed and is not queryable",
  "Cannot use a pool after calling end",
];

/** A fault of the connection or the server's state becomes `unavailable`; every other error stays what it was. */
export function asStoreError(error: unknown): unknown {
  if (error instanceof PolysemeError || !(error instanceof Error)) return error;
  const code = errorCode(error);
  const passing =
    ENDING_SEVERITIES.has(severityOf(error)) ||
    (code !== undefined &&
      (isConnectionCode(code) ||
        PASSING_CODES.has(code) ||
        (code.length === 5 && PASSING_CLASSES.has(code.slice(0, 2))))) ||
    DRIVER_MESSAGES.some((message) => error.message.includes(message));
  if (!passing) return error;
  return new PolysemeError(
    "unavailable",
    `Postgres is not available: ${error.message || (code ?? "no reason given")}`,
    {
      cause: error,
    },
  );
}

function severityOf(error: Error): unknown {
  return "severity" in error ? error.severity : undefined;
}

/** The SQLSTATE or system error code of what was thrown, or of its cause. */
export function errorCode(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  if ("code" in error && typeof error.code === "string" && !(error instanceof PolysemeError)) return error.code;
  if (error instanceof AggregateError) return errorCode(error.errors[0]);
  return errorCode(error.cause);
}
