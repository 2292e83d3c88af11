import { asPolysemeError, type Span, type Tracing } from "@polyseme/core";
import type { FastifyReply, FastifyRequest } from "fastify";

declare module "fastify" {
  interface FastifyRequest {
    /** Of the request's own span, for the work that it brings about; undefined: not traced. */
    traceparent: string | undefined;
  }
}

/** What load balancers and Prometheus ask all day. */
const UNTRACED_ROUTES: ReadonlySet<string> = new Set(["/healthz", "/readyz", "/metrics"]);

/**
 * Hooks that give each request a span; register behind the key check, so that callers without a key make none. What load
 * balancers and Prometheus ask all day is left out.
 */
export function requestTraces(tracing: Tracing) {
  const spans = new WeakMap<FastifyRequest, Span>();
  return {
    onRequest: (request: FastifyRequest, _reply: FastifyReply, done: () => void): void => {
      const route = request.routeOptions.url;
      if (tracing.on && route !== undefined && !UNTRACED_ROUTES.has(route)) {
        const cause = request.headers["traceparent"];
        const span = tracing.start(`${request.method} ${route}`, {
          kind: "server",
          causes: [typeof cause === "string" ? cause : undefined],
          attributes: { "http.request.method": request.method, "http.route": route },
        });
        spans.set(request, span);
        request.traceparent = span.traceparent;
      }
      done();
    },
    onError: (request: FastifyRequest, _reply: FastifyReply, error: Error, done: () => void): void => {
      if (asPolysemeError(error).status >= 500) spans.get(request)?.fail(error);
      done();
    },
    onResponse: (request: FastifyRequest, reply: FastifyReply, done: () => void): void => {
      const span = spans.get(request);
      span?.set({ "http.response.status_code": reply.statusCode });
      span?.end();
      done();
    },
  };
}
