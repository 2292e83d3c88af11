import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import pg from "pg";
import { toSql } from "pgvector";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { ndcgAt } from "../../packages/cli/src/eval/ndcg.ts";
import { sharedFile } from "../support/shared.ts";
import { startServerStack, type TestStack } from "../support/stack.ts";

const databaseUrl = inject("databaseUrl");
const redisUrl = inject("redisUrl");
const TLDR = sharedFile("data/tldr.jsonl");
const MOBY_DICK = sharedFile("data/moby-dick.txt");
const XQUAD = sharedFile("data/xquad-en.json");

const haveServers = databaseUrl !== null && redisUrl !== null;
const haveTexts = [TLDR, MOBY_DICK, XQUAD].every((path) => existsSync(path));
if (!haveTexts) console.warn("SHARED TEXTS NOT FOUND: the tests on whole corpora are skipped");

const QUERY = "show which process listens on a port";
/** Some five hundred chunks; the whole book would only take longer. */
const LONG_CHARACTERS = 400_000;
const PORT_COMMANDS = ["lsof", "netstat", "ss", "fuser"];

describe.skipIf(!haveServers || !haveTexts)("whole corpora on Redis and Postgres", () => {
  let stack: TestStack;
  beforeAll(async () => {
    stack = await startServerStack(databaseUrl ?? "", redisUrl ?? "");
  });
  afterAll(() => stack.stop());

  test("a ninth of 4,612 pages is stored from one stream, unchanged when pushed again, and found by meaning over HTTP and SQL", async () => {
    // All of them are pushed by `npm run bench -- pipeline`; here they would take a minute of every core.
    const lines = (await readFile(TLDR, "utf8")).trim().split("\n");
    const some = lines.filter(
      (line, i) => i % 9 === 0 || PORT_COMMANDS.some((id) => line.startsWith(`{"id": "${id}",`)),
    );
    const [pages, count] = [some.join("\n"), some.length];
    const first = await stack.http.send("/v1/collections/tldr/documents", "application/x-ndjson", pages);
    expect(first).toMatchObject({ status: 202, body: { accepted: count, unchanged: 0, rejected: [] } });
    expect(await stack.http.settled(String(first.body["ticket"]), 400_000)).toMatchObject({
      total: count,
      stored: count,
      failed: 0,
    });

    const runs = await stack.http.metric("polyseme_encoder_runs_total");
    const second = await stack.http.send("/v1/collections/tldr/documents", "application/x-ndjson", pages);
    expect(second.body).toMatchObject({ accepted: 0, unchanged: count, rejected: [] });
    expect(await stack.http.settled(String(second.body["ticket"]))).toMatchObject({ stored: count });
    expect(await stack.http.metric("polyseme_encoder_runs_total")).toBe(runs);

    const [padded, real] = await paddedAndRealTokens(stack);
    expect(padded / real - 1).toBeLessThan(0.05);

    const hits = await stack.http.search("tldr", { query: QUERY, k: 5 });
    expect(hits.map(({ id }) => id).filter((id) => PORT_COMMANDS.includes(id))).not.toHaveLength(0);

    const { body } = await stack.http.call("POST", "/v1/embeddings", { input: QUERY });
    const [{ embedding } = { embedding: [] }] = body["data"] as { embedding: number[] }[];
    const client = new pg.Client({ connectionString: stack.environment["DATABASE_URL"] });
    await client.connect();
    try {
      const { rows } = await client.query<{ document_id: string }>(
        "select document_id from polyseme.tldr order by embedding <=> $1 limit 5",
        [toSql(embedding)],
      );
      expect(rows[0]?.document_id).toBe(hits[0]?.id);
      const documents = await client.query(
        "select collection, id, version, state, text, metadata, stored_at from polyseme.documents where id = 'lsof'",
      );
      expect(documents.rows[0]).toMatchObject({ collection: "tldr", id: "lsof", version: 1, state: "stored" });
    } finally {
      await client.end();
    }
  }, 600_000);

  test("a third of a very long book is covered by its chunks without a gap, each an exact slice of at most 256 tokens", async () => {
    const text = (await readFile(MOBY_DICK, "utf8")).slice(0, LONG_CHARACTERS);
    const { ticket } = await stack.http.push("moby", [{ id: "moby-dick", text }]);
    expect(await stack.http.settled(ticket, 300_000)).toMatchObject({ stored: 1, failed: 0 });
    const { body } = await stack.http.call("GET", "/v1/collections/moby/documents/moby-dick?include=chunks");
    const chunks = body["chunks"] as { start: number; end: number; tokens: number; text: string }[];
    expect(chunks.length).toBeGreaterThan(350);
    expect(chunks.map(({ start }) => start)).toEqual([0, ...chunks.slice(0, -1).map(({ end }) => end)]);
    expect(chunks.at(-1)?.end).toBe(text.length);
    expect(chunks.filter((chunk) => text.slice(chunk.start, chunk.end) !== chunk.text)).toEqual([]);
    expect(Math.max(...chunks.map(({ tokens }) => tokens))).toBeLessThanOrEqual(256);
    const [hit] = await stack.http.search("moby", { query: "the narrator introduces himself by name" });
    expect(hit).toMatchObject({ id: "moby-dick" });
  }, 400_000);

  test.each([
    { mode: "vector", least: 0.94 },
    { mode: "hybrid", least: 0.965 },
  ])(
    "questions find the paragraph that answers them by $mode: nDCG@10 is at least $least",
    async ({ mode, least }) => {
      const xquad = JSON.parse(await readFile(XQUAD, "utf8")) as XQuad;
      await stack.http.call("PUT", "/v1/collections/xquad", { language: "en" });
      const { ticket } = await stack.http.push("xquad", xquad.documents);
      await stack.http.settled(ticket);
      const gains: number[] = [];
      for (const { text, relevant } of xquad.queries) {
        const hits = await stack.http.search("xquad", { query: text, mode, k: 10 });
        gains.push(
          ndcgAt(
            10,
            hits.map(({ id }) => id),
            new Map([[relevant, 1]]),
          ),
        );
      }
      const mean = gains.reduce((sum, gain) => sum + gain, 0) / gains.length;
      console.info(`xquad-en, ${mode}: nDCG@10 ${mean.toFixed(4)} over ${gains.length} questions`);
      expect(mean).toBeGreaterThanOrEqual(least);
    },
    200_000,
  );
});

interface XQuad {
  readonly documents: { id: string; text: string }[];
  readonly queries: { text: string; relevant: string }[];
}

async function paddedAndRealTokens(stack: TestStack): Promise<[padded: number, real: number]> {
  return [
    await stack.http.metric('polyseme_encoder_tokens_total{kind="padded"}'),
    await stack.http.metric('polyseme_encoder_tokens_total{kind="real"}'),
  ];
}
