import { PolysemeError } from "@polyseme/core";
import type { onRequestHookHandler } from "fastify";

/** text-embeddings-inference calls it `max_concurrent_requests`. */
export const MAX_CONCURRENT_REQUESTS = 512;

/** A hook that lets so many requests in at once and refuses the others with `overloaded`. */
export function makeRoom(most = MAX_CONCURRENT_REQUESTS): onRequestHookHandler {
  let inside = 0;
  return (_request, reply, done) => {
    if (inside >= most) {
      done(new PolysemeError("overloaded", "Model is overloaded"));
      return;
    }
    inside += 1;
    reply.raw.once("close", () => {
      inside -= 1;
    });
    done();
  };
}
