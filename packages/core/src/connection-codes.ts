/** What the system calls a server that cannot be reached, or that went away. */
const CONNECTION_CODES: ReadonlySet<string> = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "ENOTFOUND",
  "ETIMEDOUT",
  "EPIPE",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
]);

/** True for a system error's code that says "not now", never "not this". */
export function isConnectionCode(code: string): boolean {
  return CONNECTION_CODES.has(code);
}
