import { once } from "node:events";
import { request, type IncomingMessage } from "node:http";
import { Polyseme } from "@polyseme/client";
import pg from "pg";
import { describe, expect, inject, test } from "vitest";
import { HttpCaller, waitUntil } from "./support/http.ts";
import { useServices } from "./support/services.ts";

const databaseUrl = inject("databaseUrl");
const redisUrl = inject("redisUrl");

const MAX_PENDING = 100;
/** What a push writes at once; a stream is looked at between such batches. */
const BATCH = 256;

/** A stream waits a while for room. */
const LONG = { timeout: 120_000 };

const line = (i: number): string => `${JSON.stringify({ id: `d${i}`, text: `Line ${i} of a stream.` })}\n`;

describe.skipIf(databaseUrl === null || redisUrl === null)("a door behind which too much waits", () => {
  const services = useServices(databaseUrl, redisUrl, { POLYSEME_MAX_PENDING: String(MAX_PENDING) });

  test("answers 429 with the seconds to wait, and says that nobody works", async () => {
    const http = new HttpCaller((await services.start("ingest")).url);
    const documents = Array.from({ length: MAX_PENDING }, (_, i) => ({ id: `d${i}`, text: `Document ${i}.` }));
    await http.push("c", documents);
    const refused = await http.call("POST", "/v1/collections/c/documents", { id: "late", text: "Too late." });
    expect(refused).toMatchObject({
      status: 429,
      body: { error: { code: "overloaded", details: { pendingDocuments: MAX_PENDING, workers: 0 } } },
    });
    expect(JSON.stringify(refused.body)).toContain("No embedder is running");
    const seconds = Number(refused.headers.get("retry-after"));
    expect(seconds).toBeGreaterThanOrEqual(30);
    expect(seconds).toBeLessThanOrEqual(300);
    // Reading and deleting go on.
    expect((await http.call("DELETE", "/v1/collections/c/documents/d1")).status).toBe(200);
  });

  test("holds the sender of a stream back, and lets it go on when there is room", async () => {
    const ingest = await services.start("ingest");
    const url = new URL("/v1/collections/stream/documents", ingest.url);
    const sending = request(url, { method: "POST", headers: { "content-type": "application/x-ndjson" } });
    const answered = once(sending, "response");
    const http = new HttpCaller(ingest.url);
    const lines = 3 * BATCH;
    for (let i = 0; i < lines; i += 1) sending.write(line(i));
    sending.end();
    await waitUntil("the first batch waits", async () => (await http.metric("polyseme_backlog_documents")) === BATCH);
    // The door looks several times a second, and finds no room.
    const untilMs = performance.now() + 1_500;
    await waitUntil("some time has passed", () => Promise.resolve(performance.now() > untilMs));
    expect(await http.metric("polyseme_backlog_documents")).toBe(BATCH);
    await services.start("embedder");
    const [response] = (await answered) as [IncomingMessage];
    expect(response.statusCode).toBe(202);
    const body = JSON.parse((await response.setEncoding("utf8").toArray()).join("")) as Record<string, unknown>;
    expect(body).toMatchObject({ accepted: lines });
  });

  test(
    "refuses a stream for which there is no room for long, and its rest comes again without loss or doubles",
    LONG,
    async () => {
      const ingest = await services.start("ingest");
      const http = new HttpCaller(ingest.url);
      const whole = Array.from({ length: 3 * BATCH }, (_, i) => line(i)).join("");
      const refused = await http.send("/v1/collections/stream/documents", "application/x-ndjson", whole);
      expect(refused).toMatchObject({
        status: 429,
        body: { error: { code: "overloaded", details: { accepted: BATCH, workers: 0 } } },
      });
      expect(Number(refused.headers.get("retry-after"))).toBeGreaterThanOrEqual(30);
      await services.start("embedder");
      // With nobody at work the door asks for half a minute; there is room long before.
      await waitUntil("there is room", async () => (await http.metric("polyseme_backlog_documents")) === 0);
      const client = new Polyseme({ url: ingest.url });
      const documents = Array.from(
        { length: 3 * BATCH },
        (_, i) => JSON.parse(line(i)) as { id: string; text: string },
      );
      const { ticket, accepted, unchanged } = await client.push("stream", documents);
      expect([accepted, unchanged]).toEqual([2 * BATCH, BATCH]);
      expect(await ticket.wait()).toMatchObject({ stored: 3 * BATCH, failed: 0 });
      expect(await storedDocuments()).toEqual({ documents: 3 * BATCH, versions: 1 });
    },
  );

  test("is waited for by the client, which loses nothing and doubles nothing", async () => {
    const [ingest] = await Promise.all([services.start("ingest"), services.start("embedder")]);
    const client = new Polyseme({ url: ingest.url });
    const documents = Array.from({ length: 1_500 }, (_, i) => JSON.parse(line(i)) as { id: string; text: string });
    const pauses: { status: number; pauseMs: number }[] = [];
    // Each is one request: the next one is refused at the door as long as the one before fills it.
    for (const part of [0, 500, 1_000]) {
      const { ticket, accepted } = await client.push("c", documents.slice(part, part + 500), {
        onPause: ({ error, pauseMs }) => pauses.push({ status: error.status, pauseMs }),
      });
      expect(accepted).toBe(500);
      if (part === 1_000) expect(await ticket.wait()).toMatchObject({ total: 500, stored: 500, failed: 0 });
    }
    expect(pauses.map(({ status }) => status)).toContain(429);
    for (const { pauseMs } of pauses) expect(pauseMs).toBeGreaterThanOrEqual(1_000);
    expect(await storedDocuments()).toEqual({ documents: 1_500, versions: 1 });
  });

  test("takes small pushes one after the other while a long stream of another collection comes in", async () => {
    const http = new HttpCaller((await services.start("ingest", { POLYSEME_MAX_PENDING: "1000000" })).url);
    const whole = Array.from({ length: 40_000 }, (_, i) => line(i)).join("");
    const startedMs = performance.now();
    let streamMs: number | undefined;
    const streaming = http.send("/v1/collections/stream/documents", "application/x-ndjson", whole).then((answer) => {
      streamMs = performance.now() - startedMs;
      return answer;
    });
    const waitedMs: number[] = [];
    for (let i = 0; streamMs === undefined; i += 1) {
      const pushedMs = performance.now();
      await http.push("small", [{ id: `s${i}`, text: "A small one." }]);
      waitedMs.push(performance.now() - pushedMs);
    }
    expect(await streaming).toMatchObject({ status: 202, body: { accepted: 40_000 } });
    expect(waitedMs.length).toBeGreaterThan(10);
    expect(Math.max(...waitedMs)).toBeLessThan(streamMs / 2);
  });

  async function storedDocuments(): Promise<unknown> {
    const client = new pg.Client({ connectionString: services.servers.environment.DATABASE_URL });
    await client.connect();
    try {
      const { rows } = await client.query(
        "select count(*)::int as documents, max(version)::int as versions from polyseme_store.documents where state = 'stored'",
      );
      return rows[0] as unknown;
    } finally {
      await client.end();
    }
  }
});
