import { PolysemeError } from "@polyseme/core";
import type { FastifyReply } from "fastify";

/**
 * Aborted when the caller has gone away or `withinMs` have passed, so that work which has not begun is not begun: under
 * load the queue would otherwise hold mostly requests that nobody waits for any more.
 */
export function requestSignal(reply: FastifyReply, withinMs: number): AbortSignal {
  const controller = new AbortController();
  const late = setTimeout(() => {
    controller.abort(
      new PolysemeError("unavailable", `The answer took longer than ${withinMs / 1_000} s. Ask again later.`),
    );
  }, withinMs);
  reply.raw.once("close", () => {
    clearTimeout(late);
    if (!reply.raw.writableFinished) controller.abort(new PolysemeError("unavailable", "The caller went away."));
  });
  return controller.signal;
}
