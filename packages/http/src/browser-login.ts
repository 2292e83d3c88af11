import type { FastifyReply, FastifyRequest } from "fastify";

declare module "fastify" {
  interface FastifyContextConfig {
    /** A page that people open in a browser: the browser asks for the key, as a password, and sends it from then on. */
    browserLogin?: boolean;
    /** The role that a caller's key must have. */
    needs?: "read" | "write" | "admin";
  }
}

/**
 * Hooks that let browsers in on the routes that say so: HTTP Basic, whose password is an API key, is read as that key.
 * Register before the key check.
 */
export const browserLogin = {
  onRequest(request: FastifyRequest, _reply: FastifyReply, done: () => void): void {
    const key = isForBrowsers(request) ? passwordOf(request.headers.authorization) : undefined;
    if (key !== undefined) request.headers.authorization = `Bearer ${key}`;
    done();
  },
  onSend(request: FastifyRequest, reply: FastifyReply, _payload: unknown, done: () => void): void {
    if (reply.statusCode === 401 && isForBrowsers(request))
      void reply.header("www-authenticate", 'Basic realm="polyseme: an API key as password", charset="UTF-8"');
    done();
  },
};

function isForBrowsers(request: FastifyRequest): boolean {
  return request.routeOptions.config.browserLogin === true;
}

function passwordOf(authorization = ""): string | undefined {
  const encoded = /^Basic ([A-Za-z0-9+/=]+)$/i.exec(authorization)?.[1];
  if (encoded === undefined) return undefined;
  const pair = Buffer.from(encoded, "base64").toString("utf8");
  return pair.includes(":") ? pair.slice(pair.indexOf(":") + 1) : undefined;
}
