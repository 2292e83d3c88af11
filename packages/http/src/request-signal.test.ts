import { once } from "node:events";
import { request as httpRequest } from "node:http";
import fastify, { type FastifyInstance } from "fastify";
import { afterEach, expect, test } from "vitest";
import { requestSignal } from "./request-signal.ts";

/** Node 20 lacks Promise.withResolvers. */
function withResolvers<T>() {
  let resolve: (value: T) => void = () => undefined;
  const promise = new Promise<T>((settle) => (resolve = settle));
  return { promise, resolve };
}

let app: FastifyInstance | undefined;
afterEach(() => app?.close());

/** A route that answers when it is told to, and the signal of its request. */
async function listen(withinMs: number) {
  const asked = withResolvers<AbortSignal>();
  const answer = withResolvers<string>();
  app = fastify({ forceCloseConnections: true });
  app.get("/", (_request, reply) => {
    asked.resolve(requestSignal(reply, withinMs));
    return answer.promise;
  });
  return { url: await app.listen({ port: 0 }), asked: asked.promise, answer };
}

test("a caller that goes away aborts its request", async () => {
  const { url, asked, answer } = await listen(10_000);
  const request = httpRequest(url).on("error", () => undefined);
  request.end();
  const signal = await asked;
  const aborted = once(signal, "abort");
  request.destroy();
  await aborted;
  expect(signal.reason).toMatchObject({ code: "unavailable", message: /went away/ });
  answer.resolve("late");
});

test("a request that takes too long is aborted and told so", async () => {
  const { url, asked, answer } = await listen(20);
  const response = fetch(url);
  const signal = await asked;
  if (!signal.aborted) await once(signal, "abort");
  expect(signal.reason).toMatchObject({ code: "unavailable", message: /longer than 0.02 s/ });
  answer.resolve("at last");
  await response;
});

test("a request that is answered is never aborted", async () => {
  const { url, asked, answer } = await listen(10_000);
  const response = fetch(url);
  const signal = await asked;
  answer.resolve("soon");
  expect(await (await response).text()).toBe("soon");
  expect(signal.aborted).toBe(false);
});
