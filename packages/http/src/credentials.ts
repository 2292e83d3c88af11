import { isLoopback, PolysemeError } from "@polyseme/core";
import type { FastifyRequest } from "fastify";

/** What a request shows of whoever sends it. */
export interface Credentials {
  /** undefined: it carries none. */
  readonly key: string | undefined;
  /** Where it came from; behind a proxy that is the proxy. */
  readonly address: string;
  /** The name that it called this server by, without the port. */
  readonly host: string;
}

const SAFE_METHODS = new Set(["GET", "HEAD"]);

/** The key in the Authorization header: as bearer, or as password where the route is made for browsers. */
export function readCredentials(request: FastifyRequest): Credentials {
  const header = request.headers.authorization ?? "";
  const bearer = /^Bearer (.+)$/i.exec(header)?.[1]?.trim();
  const basic = request.routeOptions.config.browser === true ? /^Basic (.+)$/i.exec(header)?.[1] : undefined;
  const password =
    basic &&
    Buffer.from(basic, "base64")
      .toString("utf8")
      .replace(/^[^:]*:/, "");
  return { key: bearer ?? password, address: request.ip, host: request.hostname };
}

/**
 * A browser sends what it knows (a password, or just that it runs on this machine) for whatever page asks it to. So a
 * page of another site may change nothing, unless it has the key itself.
 * @throws PolysemeError `forbidden`
 */
export function refuseForeignPages(request: FastifyRequest): void {
  const from = request.headers["sec-fetch-site"];
  if (from === undefined || from === "same-origin" || from === "none") return;
  if (SAFE_METHODS.has(request.method) || /^Bearer /i.test(request.headers.authorization ?? "")) return;
  throw new PolysemeError("forbidden", "A page of another site may not do this.");
}

/**
 * A server without keys trusts whoever is on this machine. A web page is not, though a name of its own may lead here
 * (DNS rebinding): the browser then says that name.
 * @throws PolysemeError `forbidden`
 */
export function requireLocalName(host: string): void {
  if (isLoopback(host.replace(/^\[|\]$/g, "").toLowerCase())) return;
  throw new PolysemeError(
    "forbidden",
    "This server has no keys, so it answers only to localhost and 127.0.0.1. Make a key (polyseme keys create) to use another name.",
  );
}
