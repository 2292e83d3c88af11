import { PolysemeError } from "@polyseme/core";

export const MAX_WAIT_MS = 300_000;

/** `30s`, `500ms`, `2m` or a number of seconds. @throws PolysemeError `invalid` */
export function parseWait(text: string): number {
  const match = /^(\d{1,9})(ms|s|m)?$/.exec(text);
  const unit = { ms: 1, s: 1_000, m: 60_000 }[match?.[2] ?? "s"] ?? 1_000;
  const waitMs = Number(match?.[1]) * unit;
  if (match === null || waitMs > MAX_WAIT_MS)
    throw new PolysemeError("invalid", `wait must be a duration such as 30s, at most ${MAX_WAIT_MS / 1_000}s.`, {
      details: { field: "wait" },
    });
  return waitMs;
}
