import { once } from "node:events";
import { rm } from "node:fs/promises";
import { connect, type Socket } from "node:net";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { residentMb } from "./fuzz/memory.ts";
import { makeEmbeddedFolder } from "./support/embedded-folder.ts";
import { expectStatus, HttpCaller, waitUntil } from "./support/http.ts";
import { startServeAll, type ServiceProcess } from "./support/processes.ts";
import { QUICK_START } from "./support/stack.ts";

let service: ServiceProcess;
let http: HttpCaller;
let dataDir: string;
const sockets: Socket[] = [];

beforeAll(async () => {
  dataDir = await makeEmbeddedFolder();
  service = await startServeAll({ ...QUICK_START, POLYSEME_DATA_DIR: dataDir, POLYSEME_LOG_LEVEL: "error" });
  http = new HttpCaller(service.url);
});
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy();
});
afterAll(async () => {
  const { code } = await service.end("SIGTERM");
  await rm(dataDir, { recursive: true, force: true });
  expect(code).toBe(0);
  expect(service.log()).not.toContain('"level":"error"');
});

async function open(): Promise<Socket> {
  const { hostname, port } = new URL(service.url);
  const socket = connect({ host: hostname, port: Number(port), allowHalfOpen: true });
  sockets.push(socket);
  // Whoever is rude is not surprised by a reset.
  socket.on("error", () => undefined);
  await once(socket, "connect");
  return socket;
}

const pushHead = (collection: string, type: string, length: number): string =>
  [
    `POST /v1/collections/${collection}/documents HTTP/1.1`,
    "host: localhost",
    `content-type: ${type}`,
    `content-length: ${length}`,
    "",
    "",
  ].join("\r\n");

const lines = (from: number, to: number): string =>
  Array.from(
    { length: to - from },
    (_, i) => `${JSON.stringify({ id: `d${from + i}`, text: `Text ${from + i}.` })}\n`,
  ).join("");

interface Counts {
  readonly total: number;
  readonly stored: number;
}
/** Undefined: there is no such collection. */
async function documentsOf(collection: string): Promise<Counts | undefined> {
  const { status, body } = await http.call("GET", `/v1/collections/${collection}`);
  return status === 404 ? undefined : (body["documents"] as Counts);
}

test("a caller who closes the own side counts as gone: no answer, nothing half done, and the same push again is right", async () => {
  const socket = await open();
  const body = lines(0, 3);
  socket.resume().end(pushHead("half-closed", "application/x-ndjson", Buffer.byteLength(body)) + body);
  await once(socket, "close");
  const again = await http.send("/v1/collections/half-closed/documents", "application/x-ndjson", body);
  const { accepted, unchanged } = expectStatus(again, 202) as { accepted: number; unchanged: number };
  expect([0, 3]).toContain(unchanged);
  expect(accepted + unchanged).toBe(3);
});

test("a JSON push that breaks off leaves nothing behind, not even its collection", async () => {
  const body = JSON.stringify({ documents: [{ id: "a", text: "A whole document." }] });
  for (const sent of [0, 10, body.length - 1]) {
    const socket = await open();
    socket.write(pushHead("broken-json", "application/json", body.length) + body.slice(0, sent));
    socket.destroy();
  }
  await http.settled((await http.push("later", [{ id: "b", text: "Another caller." }])).ticket);
  expect(await documentsOf("broken-json")).toBeUndefined();
});

test("a stream that breaks off keeps whole batches of what came, each document whole and stored", async () => {
  const socket = await open();
  const sent = 700;
  // Never done: the length says more than there will be. The last line is cut in its middle.
  socket.write(
    pushHead("broken-stream", "application/x-ndjson", 10_000_000) + lines(0, sent) + '{"id":"cut","text":"Half of',
  );
  const durable = await waitUntil("some batches are durable", async () => {
    const found = await documentsOf("broken-stream");
    return found !== undefined && found.total > 0 && found;
  });
  expect(durable.total % 256).toBe(0);
  socket.destroy();
  const settled = await waitUntil("what is durable is stored", async () => {
    const found = await documentsOf("broken-stream");
    return found !== undefined && found.stored === found.total && found;
  });
  expect(settled.total % 256).toBe(0);
  expect(settled.total).toBeLessThanOrEqual(sent);
  expect((await http.call("GET", "/v1/collections/broken-stream/documents/cut")).status).toBe(404);
  // The same push again is whole, and what was durable is not embedded again.
  const again = expectStatus(
    await http.send("/v1/collections/broken-stream/documents", "application/x-ndjson", lines(0, sent)),
    202,
  );
  expect(again).toMatchObject({ accepted: sent - settled.total, unchanged: settled.total, rejected: [] });
});

test("a caller who leaves while a search or a wait is answered costs nobody else anything", async () => {
  const { ticket } = await http.push("leaving", [{ id: "a", text: "A text." }]);
  for (let i = 0; i < 20; i += 1) {
    const socket = await open();
    const body = '{"query":"text"}';
    socket.write(
      `POST /v1/collections/leaving/search HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
    );
    socket.write(
      `GET /v1/tickets/${ticket}?wait=300s HTTP/1.1\r\nhost: x\r\n\r\nGET /v1/tickets/${ticket}/events HTTP/1.1\r\nhost: x\r\n\r\n`,
    );
    socket.destroy();
  }
  await http.settled(ticket);
  expect((await http.search("leaving", { query: "text" }))[0]?.id).toBe("a");
});

test("a thousand connections that send nothing, or half of a head, take little memory and hold nobody up", async () => {
  await http.settled((await http.push("served", [{ id: "a", text: "A text." }])).ticket);
  const before = (await residentMb(service.pid)) ?? 0;
  for (let i = 0; i < 20; i += 1) {
    const opened = await Promise.all(Array.from({ length: 50 }, open));
    for (const [index, socket] of opened.entries())
      if (index % 2 === 0) socket.write("POST /v1/collections/served/documents HTTP/1.1\r\nhost: x\r\nx-slow: ");
  }
  const started = performance.now();
  for (let i = 0; i < 10; i += 1) expect((await http.search("served", { query: "text" }))[0]?.id).toBe("a");
  const msEach = (performance.now() - started) / 10;
  const after = (await residentMb(service.pid)) ?? 0;
  expect(sockets.filter((socket) => !socket.destroyed)).toHaveLength(1_000);
  // Some 20 kB each; a buffer of a body or a thread each would be far more.
  expect(after - before).toBeLessThan(100);
  expect(msEach).toBeLessThan(1_000);
});
