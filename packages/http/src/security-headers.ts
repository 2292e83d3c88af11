import type { FastifyReply } from "fastify";

/**
 * For answers that are data: nothing in them is to be run, framed, guessed at or kept. A route that answers with a page
 * sets its own policy, which stays.
 */
const SECURITY_HEADERS = Object.entries({
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cross-origin-resource-policy": "same-origin",
  "cache-control": "no-store",
});

/** By hand: half a dozen constants need no dependency. */
export function addSecurityHeaders(reply: FastifyReply): void {
  for (const [name, value] of SECURITY_HEADERS) if (!reply.hasHeader(name)) void reply.header(name, value);
}
