import { isConnectionCode, PolysemeError } from "@polyseme/core";

/** What Redis says first while it starts, fails over, is read only, cannot write to its disk or has no memory left. */
const PASSING_REPLIES = [
  "LOADING",
  "READONLY",
  "CLUSTERDOWN",
  "MASTERDOWN",
  "TRYAGAIN",
  "NOREPLICAS",
  "MISCONF",
  "BUSY",
  "OOM",
  "UNBLOCKED",
];

/** Errors that ioredis itself makes. */
const DRIVER_MESSAGES = [
  "Command timed out",
  "Connection is closed",
  "Connection in subscriber mode",
  "Stream isn't writeable",
  "max retries per request",
  "Socket timeout",
  "Failed to refresh slots cache",
  "Too many Cluster redirections",
  "Cluster isn't ready",
  "Cluster is disconnecting",
  "All sentinels are unreachable",
  "None of startup nodes is available",
];

/** A fault of the connection or of Redis' state becomes `unavailable`; every other error stays what it was. */
export function asQueueError(error: unknown): unknown {
  if (error instanceof PolysemeError || !(error instanceof Error)) return error;
  const { message } = error;
  const code = "code" in error && typeof error.code === "string" ? error.code : undefined;
  const passing =
    (code !== undefined && isConnectionCode(code)) ||
    // Errors of a script repeat what its command said, behind words of their own.
    PASSING_REPLIES.some((reply) => new RegExp(`(?:^|\\W|-)${reply}\\s`).test(message)) ||
    DRIVER_MESSAGES.some((part) => message.includes(part));
  if (!passing) return error;
  return new PolysemeError("unavailable", `The queue is not available: ${message || (code ?? "no reason given")}`, {
    cause: error,
  });
}
