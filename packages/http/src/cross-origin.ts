import type { FastifyReply, FastifyRequest } from "fastify";

const METHODS = "GET, POST, PUT, DELETE";
const HEADERS = "authorization, content-type";
/** What a page may read of an answer beside its body. */
const EXPOSED = "retry-after";
/** How long a browser keeps what it was told; the longest that Chromium believes. */
const MAX_AGE_SECONDS = 7_200;

/**
 * Tells browsers that pages of these origins may call (CORS). Nothing is said where the list is empty: then no browser
 * lets a page of another origin read an answer. No cookies are involved: a page sends a key itself.
 */
export function makeCrossOrigin(origins: readonly string[]): {
  /** Answers a browser's question before the call, and marks answers as readable. True: it is answered. */
  readonly answer: (request: FastifyRequest, reply: FastifyReply) => boolean;
  /** Whether the request comes from a page that the operator has listed. */
  readonly isListed: (request: FastifyRequest) => boolean;
} {
  const listed = new Set(origins);
  const isListed = ({ headers }: FastifyRequest): boolean => headers.origin !== undefined && listed.has(headers.origin);
  return {
    isListed,
    answer(request, reply) {
      if (listed.size === 0) return false;
      void reply.header("vary", "origin");
      if (!isListed(request)) return false;
      void reply
        .header("access-control-allow-origin", request.headers.origin)
        .header("access-control-expose-headers", EXPOSED);
      if (request.method !== "OPTIONS" || request.headers["access-control-request-method"] === undefined) return false;
      void reply
        .header("access-control-allow-methods", METHODS)
        .header("access-control-allow-headers", HEADERS)
        .header("access-control-max-age", MAX_AGE_SECONDS)
        .status(204)
        .send();
      return true;
    },
  };
}
