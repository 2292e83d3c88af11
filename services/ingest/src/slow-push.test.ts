import { once } from "node:events";
import { connect, type AddressInfo, type Socket } from "node:net";
import { makeLog, makeMetrics, NO_TRACING } from "@polyseme/core";
import type { App } from "@polyseme/http";
import type { Database } from "@polyseme/store";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { openApp } from "../../../test/support/open-app.ts";
import { makeBound } from "./bound.ts";
import { pushRoutes } from "./push-routes.ts";

const PATIENCE_MS = 300;

let app: App;
let written: string[] = [];
const sockets: Socket[] = [];
beforeAll(async () => {
  const [log, metrics] = [makeLog("silent", "test"), makeMetrics({ processMetrics: false })];
  const stop = new AbortController().signal;
  app = openApp({ log, metrics, stop });
  void app.register(pushRoutes, {
    ledger: {
      write: ({ documents }) => {
        written.push(...documents.map(({ id }) => id));
        return Promise.resolve({ accepted: documents.length, unchanged: 0, repeated: [] });
      },
    },
    collections: { find: () => Promise.resolve(undefined) },
    log,
    metrics,
    tracing: NO_TRACING,
    stop,
    database: undefined as unknown as Database,
    doorLimit: { check: () => Promise.resolve(), room: () => Promise.resolve(), took: () => undefined },
    bodies: makeBound("bodies", 1e9),
    patienceMs: PATIENCE_MS,
  });
  await app.listen({ host: "127.0.0.1", port: 0 });
});
afterEach(() => {
  written = [];
  for (const socket of sockets.splice(0)) socket.destroy();
});
afterAll(() => app.close());

/** A push of NDJSON that has begun; `closed` resolves with the answer once the server hung up. */
function beginPush(): { socket: Socket; closed: Promise<string> } {
  const socket = connect((app.server.address() as AddressInfo).port, "127.0.0.1");
  sockets.push(socket);
  let answer = "";
  socket.setEncoding("utf8").on("data", (text: string) => (answer += text));
  socket.on("error", () => undefined);
  socket.write(
    "POST /v1/collections/slow/documents HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/x-ndjson\r\ntransfer-encoding: chunked\r\n\r\n",
  );
  return { socket, closed: once(socket, "close").then(() => answer) };
}

const chunk = (text: string): string => `${text.length.toString(16)}\r\n${text}\r\n`;
const line = (id: number): string => chunk(`{"id":"${id}","text":"A text."}\n`);

test("a stream that stands is told so and cut, and what was written before stays written", async () => {
  const { socket, closed } = beginPush();
  for (let id = 0; id < 300; id += 1) socket.write(line(id));
  const answer = await closed;
  expect(answer).toMatch(/^HTTP\/1\.1 408 /);
  expect(answer).toContain('"code":"too_slow"');
  expect(answer).toMatch(/connection: close/i);
  expect(written).toHaveLength(256);
});

test("a stream that drips inside a line is cut, also one that never sent a byte", async () => {
  const [dripping, silent] = [beginPush(), beginPush()];
  const drip = setInterval(() => dripping.socket.write(chunk("a")), PATIENCE_MS / 10);
  try {
    for (const { closed } of [dripping, silent]) expect(await closed).toMatch(/^HTTP\/1\.1 408 /);
  } finally {
    clearInterval(drip);
  }
  expect(written).toEqual([]);
});

test("a stream that takes its time between lines is taken whole", async () => {
  const { socket } = beginPush();
  for (let id = 0; id < 4; id += 1) {
    socket.write(line(id));
    await new Promise((resolve) => setTimeout(resolve, PATIENCE_MS / 2));
  }
  socket.write("0\r\n\r\n");
  const [answer] = (await once(socket, "data")) as [string];
  expect(answer).toMatch(/^HTTP\/1\.1 202 /);
  expect(written).toEqual(["0", "1", "2", "3"]);
});
