import { connect, type AddressInfo, type Socket } from "node:net";
import { Type } from "typebox";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { openApp } from "../../../test/support/open-app.ts";
import type { App } from "./app.ts";

const HEADERS_MS = 1_000;
const REQUEST_MS = 1_200;
const DRIP_MS = 50;
/** Node looks once a second. */
const CUT_MS = REQUEST_MS + 2_500;

let app: App;
let port: number;
const sockets: Socket[] = [];
beforeAll(async () => {
  app = openApp({ patience: { headersMs: HEADERS_MS, requestMs: REQUEST_MS } });
  void app.register((inner, _options, done) => {
    const body = Type.Object({ text: Type.String() });
    inner.post("/v1/echo", { config: { needs: "read" }, schema: { body } }, (request) => request.body);
    inner.addContentTypeParser("application/x-ndjson", (_request, payload, parsed) => {
      parsed(null, payload);
    });
    inner.post("/v1/stream", { config: { needs: "read" } }, async ({ body }) => {
      let bytes = 0;
      for await (const chunk of body as AsyncIterable<Buffer>) bytes += chunk.length;
      return { bytes };
    });
    done();
  });
  await app.listen({ host: "127.0.0.1", port: 0 });
  port = (app.server.address() as AddressInfo).port;
});
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy();
});
afterAll(() => app.close());

/** Sends `first` at once and then `drip` for ever, byte by byte; resolves with what came back once the server hung up. */
async function dripInto(first: string, drip: string): Promise<{ answer: string; afterMs: number }> {
  const started = performance.now();
  const socket = connect(port, "127.0.0.1");
  sockets.push(socket);
  let answer = "";
  socket.setEncoding("utf8").on("data", (text: string) => (answer += text));
  socket.on("error", () => undefined);
  socket.write(first);
  const dripping = setInterval(() => {
    if (drip !== "" && socket.writable) socket.write(drip);
  }, DRIP_MS);
  await new Promise<void>((resolve, reject) => {
    const late = setTimeout(() => {
      reject(new Error(`Still connected after ${CUT_MS} ms`));
    }, CUT_MS);
    socket.once("close", () => {
      clearTimeout(late);
      resolve();
    });
  }).finally(() => {
    clearInterval(dripping);
  });
  return { answer, afterMs: performance.now() - started };
}

const POST = "POST /v1/echo HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n";

test("a client that says nothing, or drips its headers, is told and cut", async () => {
  const [silent, dripping] = await Promise.all([dripInto("", ""), dripInto("GET /healthz HTTP/1.1\r\nx: ", "a")]);
  for (const { answer } of [silent, dripping]) {
    expect(answer).toMatch(/^HTTP\/1\.1 408 /);
    expect(answer).toContain('"code":"too_slow"');
  }
});

test("a client that drips its body is told and cut, whatever length it announced", async () => {
  const [announced, chunked] = await Promise.all([
    dripInto(`${POST}content-length: 100000\r\n\r\n{"text":"`, "a"),
    dripInto(`${POST}transfer-encoding: chunked\r\n\r\n`, "1\r\na\r\n"),
  ]);
  for (const { answer, afterMs } of [announced, chunked]) {
    expect(answer).toMatch(/^HTTP\/1\.1 408 /);
    expect(answer).toContain('"code":"too_slow"');
    expect(answer).toMatch(/connection: close/i);
    expect(afterMs).toBeGreaterThanOrEqual(REQUEST_MS - 50);
  }
});

test("a client that is slow and yet in time is served", async () => {
  const { answer } = await dripInto(
    `${POST}connection: close\r\ncontent-length: 14\r\n\r\n{"text":"`,
    "a".repeat(3) + '"}',
  );
  expect(answer).toMatch(/^HTTP\/1\.1 200 [\s\S]*\{"text":"aaa"\}$/);
});

test("a stream of documents is not held to the clock of a whole request", async () => {
  const lastsMs = REQUEST_MS + 1_500;
  const url = `http://127.0.0.1:${port}/v1/stream`;
  const started = performance.now();
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      await new Promise((resolve) => setTimeout(resolve, DRIP_MS));
      if (performance.now() - started > lastsMs) controller.close();
      else controller.enqueue(Buffer.from("{}\n"));
    },
  });
  const headers = { "content-type": "application/x-ndjson" };
  const response = await fetch(url, { method: "POST", headers, body, duplex: "half" });
  expect(response.status).toBe(200);
  expect(performance.now() - started).toBeGreaterThan(lastsMs);
});

test("what is no HTTP, or has headers without end, is refused in the words of this API", async () => {
  const [nonsense, huge] = await Promise.all([
    dripInto("hello\r\n\r\n", ""),
    dripInto(`GET / HTTP/1.1\r\nx: ${"a".repeat(20_000)}\r\n\r\n`, ""),
  ]);
  expect(nonsense.answer).toMatch(/^HTTP\/1\.1 400 [\s\S]*"code":"invalid"/);
  expect(huge.answer).toMatch(/^HTTP\/1\.1 413 [\s\S]*"code":"too_large"/);
});
