import { createHash, timingSafeEqual } from "node:crypto";
import { PolysemeError } from "@polyseme/core";
import type { FastifyRequest } from "fastify";

/** What load balancers and Prometheus ask without a key; none of it tells anything about documents. */
const OPEN_ROUTES = new Set(["/healthz", "/readyz", "/metrics"]);

/** Whether the route answers anyone. */
export function isOpenRoute(url: string | undefined): boolean {
  return OPEN_ROUTES.has(url ?? "");
}

/** A hook that lets a request pass when it carries one of the keys; with no keys every request passes. */
export function makeKeyCheck(keys: readonly string[]): (request: FastifyRequest) => Promise<void> {
  const digests = keys.map(digest);
  return (request) => {
    if (digests.length === 0 || isOpenRoute(request.routeOptions.url)) return Promise.resolve();
    const given = /^Bearer (.+)$/i.exec(request.headers.authorization ?? "")?.[1];
    if (given === undefined)
      return Promise.reject(new PolysemeError("unauthorized", "Send an API key: Authorization: Bearer <key>."));
    const givenDigest = digest(given.trim());
    // All are compared, in constant time each: neither which one matched nor how far can be timed.
    const matches = digests.filter((known) => timingSafeEqual(known, givenDigest)).length;
    return matches > 0
      ? Promise.resolve()
      : Promise.reject(new PolysemeError("unauthorized", "This API key is not known."));
  };
}

function digest(key: string): Buffer {
  return createHash("sha256").update(key).digest();
}
