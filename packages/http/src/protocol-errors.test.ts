import { connect } from "node:net";
import { once } from "node:events";
import { isErrorCode } from "@polyseme/core";
import { afterEach, beforeEach, expect, test } from "vitest";
import { waitUntil } from "../../../test/support/http.ts";
import { openApp } from "../../../test/support/open-app.ts";
import type { App } from "./app.ts";

let app: App;
let port: number;
let requests: number;
let statuses: number[];
beforeEach(async () => {
  requests = 0;
  statuses = [];
  app = openApp();
  app.addHook("onRequest", (_request, _reply, done) => {
    requests += 1;
    done();
  });
  app.addHook("onSend", (_request, reply, _payload, done) => {
    statuses.push(reply.statusCode);
    done();
  });
  app.addContentTypeParser("application/x-ndjson", (_request, payload, done) => {
    done(null, payload);
  });
  void app.register((inner, _options, done) => {
    inner.decorate("accessOfRoutes", { needs: "read" } as const);
    inner.post("/v1/echo", (request) => request.body);
    inner.post("/v1/stream", async ({ body }) => {
      let bytes = 0;
      for await (const part of body as AsyncIterable<Uint8Array>) bytes += part.length;
      return { bytes };
    });
    inner.get("/v1/echo/:id", (request) => request.params);
    done();
  });
  port = Number(new URL(await app.listen({ port: 0 })).port);
});
afterEach(() => app.close());

/** What a server answers to these bytes before it closes. */
async function answerTo(
  bytes: string,
): Promise<{ status: number; body: { error: { code: string; message: string } } }> {
  const socket = connect({ port, allowHalfOpen: true });
  let text = "";
  socket.setEncoding("utf8").on("data", (part: string) => {
    text += part;
  });
  socket.end(bytes, "latin1");
  await once(socket, "close");
  const [head = "", body = ""] = text.split("\r\n\r\n");
  return { status: Number(/^HTTP\/1\.1 (\d{3}) \w/.exec(head)?.[1]), body: JSON.parse(body) as never };
}

const get = (path: string, ...headers: string[]): string =>
  [`GET ${path} HTTP/1.1`, "host: x", "connection: close", ...headers, "", ""].join("\r\n");

const BAD: [what: string, bytes: string, status: number, code: string][] = [
  ["bytes that are no HTTP", "\u0016\u0003\u0001hello\r\n\r\n", 400, "invalid"],
  ["another protocol's greeting", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400, "invalid"],
  [
    "two lengths",
    "POST /v1/echo HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\n{}",
    400,
    "invalid",
  ],
  [
    "a length and chunks",
    "POST /v1/echo HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
    400,
    "invalid",
  ],
  ["headers of 40 kB", get("/v1/echo/x", `x-long: ${"y".repeat(40_000)}`), 413, "too_large"],
  ["an address with a bare %", get("/v1/echo/%"), 400, "invalid"],
  ["an address that is no UTF-8", get("/v1/echo/%c0%af"), 400, "invalid"],
  ["a piece of an address of 3,000 characters", get(`/v1/echo/${"x".repeat(3_000)}`), 400, "invalid"],
  ["an address of 12,000 characters", get(`/${"a/".repeat(6_000)}`), 404, "not_found"],
  ["a method that nobody knows", get("/v1/echo/x").replace("GET", "PROPFIND"), 404, "not_found"],
];

test.each(BAD)("%s is answered in the shape and with the codes of every error", async (_what, bytes, status, code) => {
  const answer = await answerTo(bytes);
  expect(answer).toMatchObject({ status, body: { error: { code } } });
  expect(isErrorCode(answer.body.error.code)).toBe(true);
  expect(answer.body.error.message.length).toBeLessThan(600);
});

test("a HEAD that is refused before it is read has no body behind its answer", async () => {
  const bytes = get("/v1/echo/x", `x-long: ${"y".repeat(40_000)}`).replace("GET", "HEAD");
  const socket = connect({ port, allowHalfOpen: true });
  let text = "";
  socket.setEncoding("utf8").on("data", (part: string) => {
    text += part;
  });
  socket.end(bytes, "latin1");
  await once(socket, "close");
  expect(text).toMatch(/^HTTP\/1\.1 413 too_large\r\n[^]*\r\n\r\n$/);
});

test("a compressed body is refused by name instead of being read as text", async () => {
  const headers = { "content-type": "application/json", "content-encoding": "gzip" };
  const refused = await app.inject({ method: "POST", url: "/v1/echo", headers, payload: "{}" });
  expect(refused.statusCode).toBe(415);
  expect(refused.json()).toMatchObject({
    error: { code: "unsupported_media_type", details: { field: "content-encoding" } },
  });
  const plain = { ...headers, "content-encoding": "identity" };
  expect((await app.inject({ method: "POST", url: "/v1/echo", headers: plain, payload: "{}" })).statusCode).toBe(200);
});

test("a caller who leaves in the middle of a body is no failure of the server", async () => {
  const socket = connect({ port });
  socket.write(
    'POST /v1/stream HTTP/1.1\r\nhost: x\r\ncontent-type: application/x-ndjson\r\ncontent-length: 99\r\n\r\n{"half',
  );
  await waitUntil("the request is being read", () => Promise.resolve(requests > 0));
  socket.destroy();
  await waitUntil("the request has ended", () => Promise.resolve(statuses.length > 0));
  expect(statuses).toEqual([400]);
});
