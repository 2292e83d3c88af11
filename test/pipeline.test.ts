import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { expectStatus, waitUntil } from "./support/http.ts";
import { startEmbeddedStack, startServerStack, type TestStack } from "./support/stack.ts";

const databaseUrl = inject("databaseUrl");
const redisUrl = inject("redisUrl");

const SENTENCES = [
  { id: "fruit", text: "I ate a crisp green apple after lunch.", metadata: { topic: "food", tags: ["a", "b"] } },
  { id: "company", text: "Apple released a new laptop at its developer conference." },
  { id: "money", text: "The bank raised its interest rates." },
  { id: "river", text: "We sat on the bank of the river and fished." },
];

const stacks = [
  { name: "the embedded stack", start: () => startEmbeddedStack(), can: true },
  {
    name: "Redis and Postgres",
    start: () => startServerStack(databaseUrl ?? "", redisUrl ?? ""),
    can: databaseUrl !== null && redisUrl !== null,
  },
  {
    name: "Postgres alone",
    start: () => startServerStack(databaseUrl ?? "", undefined),
    can: databaseUrl !== null,
  },
];

for (const { name, start, can } of stacks)
  describe.skipIf(!can)(`on ${name}`, () => {
    let stack: TestStack;
    beforeAll(async () => {
      stack = await start();
    });
    afterAll(() => stack.stop());

    test("pushed documents are found by meaning", async () => {
      const pushed = await stack.http.push("basics", SENTENCES);
      expect(pushed).toMatchObject({ accepted: 4, unchanged: 0, rejected: [] });
      expect(await stack.http.settled(pushed.ticket)).toMatchObject({ total: 4, stored: 4, failed: 0, pending: 0 });

      const hits = await stack.http.search("basics", { query: "fishing by the water", k: 2 });
      expect(hits.map(({ id }) => id)).toHaveLength(2);
      expect(hits[0]).toMatchObject({
        id: "river",
        chunk: { ordinal: 0, start: 0, end: 43, text: SENTENCES[3]?.text },
      });
      expect(hits[0]?.score).toBeGreaterThan(hits[1]?.score ?? 1);
    });

    test("the same content again is unchanged and costs no encoder run", async () => {
      await stack.http.settled((await stack.http.push("again", SENTENCES)).ticket);
      const runs = await stack.http.metric("polyseme_encoder_runs_total");
      const again = await stack.http.push("again", SENTENCES);
      expect(again).toMatchObject({ accepted: 0, unchanged: 4 });
      expect(await stack.http.settled(again.ticket)).toMatchObject({ total: 4, stored: 4 });
      expect(await stack.http.metric("polyseme_encoder_runs_total")).toBe(runs);
    });

    test("a new text under the same id is a new version and replaces the old chunks", async () => {
      await stack.http.settled((await stack.http.push("versions", [{ id: "d", text: "The cat sleeps." }])).ticket);
      await stack.http.settled((await stack.http.push("versions", [{ id: "d", text: "Stock prices fell." }])).ticket);
      const { body } = await stack.http.call("GET", "/v1/collections/versions/documents/d?include=chunks,embeddings");
      expect(body).toMatchObject({ state: "stored", version: 2, attempts: 1, text: "Stock prices fell." });
      const chunks = body["chunks"] as { text: string; embedding: number[] }[];
      expect(chunks.map(({ text }) => text)).toEqual(["Stock prices fell."]);
      expect(Math.hypot(...(chunks[0]?.embedding ?? []))).toBeCloseTo(1, 4);
    });

    test("new metadata alone is a new version without an encoder run", async () => {
      await stack.http.settled(
        (await stack.http.push("meta", [{ id: "d", text: "A text.", metadata: { a: 1 } }])).ticket,
      );
      const runs = await stack.http.metric("polyseme_encoder_runs_total");
      const pushed = await stack.http.push("meta", [{ id: "d", text: "A text.", metadata: { a: 2 } }]);
      expect(pushed).toMatchObject({ accepted: 1, unchanged: 0 });
      expect(await stack.http.settled(pushed.ticket)).toMatchObject({ stored: 1 });
      expect((await stack.http.search("meta", { query: "text" }))[0]?.metadata).toEqual({ a: 2 });
      expect(await stack.http.metric("polyseme_encoder_runs_total")).toBe(runs + 1); // the search's own
    });

    test("a deleted document leaves no trace, and comes back only when pushed again", async () => {
      const first = await stack.http.push("deletes", SENTENCES);
      const deleted = await stack.http.call("DELETE", "/v1/collections/deletes/documents/river");
      expect(deleted).toMatchObject({ status: 200, body: { deleted: 1 } });
      await stack.http.settled(first.ticket);
      expect((await stack.http.call("GET", "/v1/collections/deletes/documents/river")).status).toBe(404);
      expect((await stack.http.search("deletes", { query: "fishing" })).map(({ id }) => id)).not.toContain("river");
      expect(
        await stack.http.call("POST", "/v1/collections/deletes/documents/delete", { ids: ["fruit", "nobody"] }),
      ).toMatchObject({
        body: { deleted: 1 },
      });
      await stack.http.settled((await stack.http.push("deletes", SENTENCES)).ticket);
      expect((await stack.http.search("deletes", { query: "fishing" }))[0]?.id).toBe("river");
    });

    test("a stream of NDJSON is one push, and a ticket's events end when it is stored", async () => {
      const lines = Array.from({ length: 600 }, (_, i) =>
        JSON.stringify({ id: `n${i}`, text: `Line number ${i} of many.` }),
      );
      const answer = await stack.http.send(
        "/v1/collections/stream/documents",
        "application/x-ndjson",
        `${lines.join("\n")}\n`,
      );
      expect(answer).toMatchObject({ status: 202, body: { accepted: 600 } });
      const response = await fetch(`${stack.http.url}/v1/tickets/${String(answer.body["ticket"])}/events`);
      expect(response.headers.get("content-type")).toContain("text/event-stream");
      const events = (await response.text()).trim().split("\n\n");
      expect(events.at(-1)).toContain("event: done");
      expect(JSON.parse(events.at(-1)?.split("data: ")[1] ?? "")).toMatchObject({
        total: 600,
        stored: 600,
        pending: 0,
      });
    });

    test("a search after a ticket sees its documents, and a vector given finds itself", async () => {
      const { ticket } = await stack.http.push("after", SENTENCES);
      const hits = await stack.http.search("after", { query: "interest", after: ticket, k: 4 });
      expect(hits).toHaveLength(4);
      const { body } = await stack.http.call("GET", "/v1/collections/after/documents/money?include=embeddings");
      const [chunk] = body["chunks"] as { embedding: number[] }[];
      const [best] = await stack.http.search("after", { vector: chunk?.embedding });
      expect(best).toMatchObject({ id: "money" });
      expect(best?.score).toBeCloseTo(1, 5);
    });

    test("a search sees at once that its collection was deleted, and what was pushed under its name since", async () => {
      await stack.http.settled((await stack.http.push("anew", [{ id: "old", text: "The first life." }])).ticket);
      expect(await stack.http.search("anew", { query: "life" })).toMatchObject([{ id: "old" }]);
      await stack.http.call("DELETE", "/v1/collections/anew");
      expect((await stack.http.call("POST", "/v1/collections/anew/search", { query: "life" })).status).toBe(404);
      const { ticket } = await stack.http.push("anew", [{ id: "new", text: "The second life." }]);
      expect(await stack.http.search("anew", { query: "life", after: ticket })).toMatchObject([{ id: "new" }]);
    });

    test("a collection tells its settings and counts; what would need new vectors is refused", async () => {
      const made = await stack.http.call("PUT", "/v1/collections/settings", {
        chunking: { maxTokens: 64 },
        language: "en",
      });
      expect(made).toMatchObject({
        status: 201,
        body: { chunking: { maxTokens: 64, strategy: "sentence" }, language: "en" },
      });
      expect((await stack.http.call("PUT", "/v1/collections/settings", { chunking: { maxTokens: 64 } })).status).toBe(
        200,
      );
      const refused = await stack.http.call("PUT", "/v1/collections/settings", { chunking: { maxTokens: 32 } });
      expect(refused).toMatchObject({ status: 409, body: { error: { code: "conflict" } } });
      expect(JSON.stringify(refused.body)).toContain("/v1/collections/settings/migrate");

      const text = Array.from({ length: 60 }, (_, i) => `Sentence ${i} speaks of rivers and of banks.`).join(" ");
      await stack.http.settled((await stack.http.push("settings", [{ id: "long", text }])).ticket);
      const { body } = await stack.http.call("GET", "/v1/collections/settings/documents/long?include=chunks");
      const chunks = body["chunks"] as { start: number; end: number; tokens: number; text: string }[];
      expect(chunks.length).toBeGreaterThan(5);
      expect(chunks.every(({ start, end, text: chunkText }) => text.slice(start, end) === chunkText)).toBe(true);
      expect(chunks.map(({ start }) => start)).toEqual([0, ...chunks.slice(0, -1).map(({ end }) => end)]);
      expect(Math.max(...chunks.map(({ tokens }) => tokens))).toBeLessThanOrEqual(64);
      expect((await stack.http.call("GET", "/v1/collections/settings")).body).toMatchObject({
        documents: { total: 1, stored: 1 },
        chunks: chunks.length,
        coverage: 1,
        backlogSeconds: 0,
      });
      expect((await stack.http.call("DELETE", "/v1/collections/settings")).status).toBe(200);
      expect((await stack.http.call("GET", "/v1/collections/settings")).status).toBe(404);
    });

    test("inspect gives the tensor of Hello world, and embeddings answer in OpenAI's shape", async () => {
      const { body } = await stack.http.call("POST", "/v1/inspect", { text: "Hello world" });
      expect(body["shape"]).toEqual([1, 4, 384]);
      expect((body["tokens"] as { text: string }[]).map(({ text }) => text)).toEqual([
        "[CLS]",
        "hello",
        "world",
        "[SEP]",
      ]);
      const asFloats = await stack.http.call("POST", "/v1/embeddings", {
        input: ["Hello world", "Bye"],
        model: "all-MiniLM-L6-v2",
      });
      const data = asFloats.body["data"] as { index: number; embedding: number[] }[];
      expect(asFloats.body).toMatchObject({ object: "list", usage: { prompt_tokens: 7, total_tokens: 7 } });
      expect(data[0]?.embedding).toEqual(body["embedding"]);
      const asTokens = await stack.http.call("POST", "/v1/embeddings", {
        input: [7592, 2088],
        encoding_format: "base64",
      });
      const [coded] = asTokens.body["data"] as { embedding: string }[];
      const floats = new Float32Array(new Uint8Array(Buffer.from(coded?.embedding ?? "", "base64")).buffer);
      expect(floats[0]).toBeCloseTo(data[0]?.embedding[0] ?? 0, 5);
    });

    test("it says that it is alive, ready, what it measures and what it can do", async () => {
      expect(await stack.http.call("GET", "/healthz")).toMatchObject({ status: 200 });
      expect(await stack.http.call("GET", "/readyz")).toMatchObject({
        status: 200,
        body: { checks: { database: "ok", queue: "ok", inference: "ok" } },
      });
      expect(await stack.http.metric("polyseme_documents_received_total")).toBeGreaterThan(0);
      const { body } = await stack.http.call("GET", "/openapi.json");
      expect(body["openapi"]).toBe("3.1.0");
      expect(Object.keys(body["paths"] as object)).toContain("/v1/collections/{collection}/search");
    });

    test("a collection goes to other settings and back while it is searched", async () => {
      const text = "Rivers carve valleys. Banks lend money. Apples grow on trees. Engines burn fuel. ".repeat(4);
      const documents = Array.from({ length: 5 }, (_, i) => ({ id: `m${i}`, text: `${i}. ${text}` }));
      await stack.http.settled((await stack.http.push("moving", documents)).ticket);
      const path = "/v1/collections/moving/migration";
      const act = async (what: string): Promise<Record<string, unknown>> =>
        expectStatus(await stack.http.call("POST", `${path}/${what}`, {}), 200) as Record<string, unknown>;
      expectStatus(
        await stack.http.call("POST", "/v1/collections/moving/migrate", { chunking: { maxTokens: 24 } }),
        202,
      );
      await waitUntil("the new generation is ready", async () => {
        expect(await stack.http.search("moving", { query: "money" })).toHaveLength(5);
        return (await stack.http.call("GET", path)).body["state"] === "ready";
      });
      expect(await act("cutover")).toMatchObject({ state: "live", documents: { total: 5, failed: 0, pending: 0 } });
      expect(await stack.http.search("moving", { query: "money" })).toHaveLength(5);
      expect((await stack.http.call("GET", "/v1/collections/moving")).body).toMatchObject({ generation: 2 });
      expect(await act("rollback")).toMatchObject({ state: "rolled_back" });
      expect(await stack.http.search("moving", { query: "money" })).toHaveLength(5);
      expect((await stack.http.call("DELETE", path)).body).toEqual({ dropped: 2, live: 1 });
    });

    test("what is not built yet says so with 501", async () => {
      const { status } = await stack.http.call("POST", "/embed_sparse", { inputs: "x" });
      expect(status).toBe(501);
    });
  });
