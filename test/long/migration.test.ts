import type { Migration } from "@polyseme/client";
import { openPostgres, type PooledDatabase } from "@polyseme/store";
import { afterEach, beforeEach, describe, expect, inject, test } from "vitest";
import { expectStatus, HttpCaller, waitUntil } from "../support/http.ts";
import { useServices } from "../support/services.ts";

const databaseUrl = inject("databaseUrl");
const redisUrl = inject("redisUrl");
const PATH = "/v1/collections/moved";

const TOPICS = ["rivers", "banks", "apples", "computers", "horses", "engines", "bread", "poems", "stars", "maps"];

function textOf(number: number, sentences: number): string {
  return Array.from(
    { length: sentences },
    (_, i) =>
      `Sentence ${i} of document ${number} speaks of ${TOPICS[(number + i) % TOPICS.length] ?? ""} and of money.`,
  ).join(" ");
}

const documentsOf = (count: number, sentences = 6, prefix = "d") =>
  Array.from({ length: count }, (_, i) => ({ id: `${prefix}${i}`, text: textOf(i, sentences) }));

describe.skipIf(databaseUrl === null || redisUrl === null)("a migration", () => {
  const services = useServices(databaseUrl, redisUrl);
  let database: PooledDatabase;
  let ingest: HttpCaller;
  let api: HttpCaller;

  beforeEach(async () => {
    database = openPostgres(services.servers.environment.DATABASE_URL, {
      maxConnections: 4,
      onIdleError: () => undefined,
    });
    const [door, reader] = await Promise.all([services.start("ingest"), services.start("api")]);
    ingest = new HttpCaller(door.url);
    api = new HttpCaller(reader.url);
  });
  afterEach(() => database.close());

  const push = async (documents: readonly unknown[]): Promise<void> => {
    const { ticket } = await ingest.push("moved", documents);
    expect(await ingest.settled(ticket)).toMatchObject({ failed: 0, stored: documents.length });
  };
  const migration = async (): Promise<Migration> =>
    expectStatus(await api.call("GET", `${PATH}/migration`), 200) as Migration;
  const start = async (settings: unknown): Promise<Migration> =>
    expectStatus(await api.call("POST", `${PATH}/migrate`, settings), 202) as Migration;
  const caughtUp = (): Promise<Migration> =>
    waitUntil("the new generation has caught up", async () => {
      const now = await migration();
      return now.state !== "building" && now.documents.pending === 0 ? now : undefined;
    });
  const act = (what: "cutover" | "rollback", body: unknown = {}) => api.call("POST", `${PATH}/migration/${what}`, body);
  /** The revision's text of each document, as the chunks of a generation have it. */
  const textsIn = async (generation: number): Promise<Map<string, string>> => {
    const { rows } = await database.query<{ id: string; text: string }>(
      `select document_id as id, string_agg(text, '' order by ordinal) as text
       from polyseme_store.chunks_1_${generation} group by document_id`,
    );
    return new Map(rows.map(({ id, text }) => [id, text]));
  };
  const ledgerTexts = async (): Promise<Map<string, string>> => {
    const { rows } = await database.query<{ id: string; text: string }>(
      "select id, text from polyseme_store.documents",
    );
    return new Map(rows.map(({ id, text }) => [id, text]));
  };
  const most = async (generation: number): Promise<number> => {
    const { rows } = await database.query<{ most: number }>(
      `select max(token_count) as most from polyseme_store.chunks_1_${generation}`,
    );
    return rows[0]?.most ?? 0;
  };

  test("builds the new generation beside the old one, cuts over and back, and ends", async () => {
    await services.start("embedder");
    await push(documentsOf(40));
    expect((await api.call("GET", `${PATH}/migration`)).status).toBe(404);
    expect(await start({ chunking: { maxTokens: 32 } })).toMatchObject({ from: 1, to: 2, method: "reembed" });
    expect((await api.call("POST", `${PATH}/migrate`, { chunking: { maxTokens: 16 } })).status).toBe(409);
    expect(await caughtUp()).toMatchObject({
      state: "ready",
      documents: { total: 40, done: 40, failed: 0, pending: 0 },
    });
    expect(await textsIn(2)).toEqual(await ledgerTexts());
    expect(await most(2)).toBeLessThanOrEqual(32);
    const { overlap } = await waitUntil("the overlap is measured", async () => {
      const now = await migration();
      return now.overlap === null ? undefined : now;
    });
    expect(overlap).toMatchObject({ at: 10, queries: 40 });
    // Chunks of a third of a document find mostly what whole ones find, and not quite.
    expect(overlap?.mean).toBeGreaterThan(0.3);
    expect(overlap?.mean).toBeLessThan(1);
    const again = await api.call("POST", `${PATH}/migration/overlap`);
    expect(again).toMatchObject({ status: 200, body: { overlap: { mean: overlap?.mean, least: overlap?.least } } });
    expect((await act("rollback")).status).toBe(409);

    expect(await act("cutover")).toMatchObject({ status: 200, body: { state: "live" } });
    expect((await api.call("GET", PATH)).body).toMatchObject({ generation: 2, chunking: { maxTokens: 32 } });
    const view = await database.query<{ chunks: number }>(`select count(*)::int as chunks from polyseme."moved"`);
    expect(view.rows[0]?.chunks).toBeGreaterThan(40);
    expect((await api.call("POST", `${PATH}/migrate`, { chunking: { maxTokens: 32 } })).status).toBe(409);

    await push([
      { id: "d0", text: "Now it is short." },
      { id: "late", text: "After the cutover." },
    ]);
    await ingest.call("DELETE", `${PATH}/documents/d1`);
    await caughtUp();
    expect(await textsIn(1)).toEqual(await ledgerTexts());
    expect(await textsIn(2)).toEqual(await ledgerTexts());

    const startedMs = performance.now();
    expect(await act("rollback")).toMatchObject({ status: 200, body: { state: "rolled_back" } });
    expect(performance.now() - startedMs).toBeLessThan(1_000);
    expect(await api.search("moved", { query: "After the cutover.", k: 1 })).toMatchObject([{ id: "late" }]);
    expect(await api.call("DELETE", `${PATH}/migration`)).toMatchObject({ status: 200, body: { dropped: 2, live: 1 } });
    const { rows } = await database.query<{ there: boolean }>(
      "select to_regclass('polyseme_store.chunks_1_2') is not null as there",
    );
    expect(rows).toEqual([{ there: false }]);
    expect(await start({ chunking: { maxTokens: 64 } })).toMatchObject({ from: 1, to: 3 });
  });

  test("follows pushes, updates and deletes, with two embedders of which one is killed, while searches never fail", async () => {
    const [doomed] = await Promise.all([services.start("embedder"), services.start("embedder")]);
    await push(documentsOf(150));
    let searches = 0;
    let stop = false;
    const searching = Promise.all(
      [1, 2].map(async () => {
        while (!stop) {
          // Every document is in each generation all the while, so one that is always there is always found.
          expect(await api.search("moved", { query: textOf(149, 6), k: 3 })).toContainEqual(
            expect.objectContaining({ id: "d149" }),
          );
          searches += 1;
        }
      }),
    );
    await start({ chunking: { maxTokens: 24 } });
    await waitUntil("some are done", async () => (await migration()).documents.done > 10);
    await doomed?.end("SIGKILL");
    const changes = ingest.push("moved", [
      ...documentsOf(60).map(({ id }, i) => ({ id, text: `Changed: ${textOf(i + 3, 2)}` })),
      ...documentsOf(20, 3, "new"),
    ]);
    await ingest.call("POST", `${PATH}/documents/delete`, { ids: ["d100", "d101", "d102"] });
    await ingest.settled((await changes).ticket);
    await caughtUp();
    // Under way when the roles change: what was embedded for the old generation is embedded again for the new one.
    const during = ingest.push("moved", documentsOf(40, 4, "during"));
    await waitUntil("the cutover is accepted", async () => (await act("cutover")).status === 200);
    const { ticket } = await during;
    expect(await ingest.settled(ticket)).toMatchObject({ stored: 40, failed: 0 });
    await caughtUp();
    const texts = await ledgerTexts();
    expect(texts.size).toBe(150 - 3 + 20 + 40);
    expect(await textsIn(2)).toEqual(texts);
    expect(await textsIn(1)).toEqual(texts);
    expect((await act("rollback")).status).toBe(200);
    expect((await act("cutover")).status).toBe(200);
    stop = true;
    await searching;
    expect(searches).toBeGreaterThan(20);
  });

  test("with late chunks is made from the stored token vectors, without one run of the encoder", async () => {
    const embedder = new HttpCaller((await services.start("embedder")).url);
    const late = { tokenVectors: "int8", lateChunking: true } as const;
    expectStatus(await api.call("PUT", PATH, late), 201);
    await push(documentsOf(30));
    const runs = await embedder.metric("polyseme_encoder_runs_total");
    expect(runs).toBeGreaterThan(0);
    expect(await start({ chunking: { maxTokens: 32 } })).toMatchObject({ method: "rechunk" });
    await caughtUp();
    expect(await embedder.metric("polyseme_encoder_runs_total")).toBe(runs);
    expect(await embedder.metric("polyseme_documents_followed_total")).toBe(30);
    expect(await textsIn(2)).toEqual(await ledgerTexts());
    // Back to chunks of the whole documents, from the small ones.
    expect((await act("cutover")).status).toBe(200);
    await api.call("DELETE", `${PATH}/migration`);
    await start({ chunking: { maxTokens: 256 } });
    await caughtUp();
    expect(await textsIn(3)).toEqual(await ledgerTexts());
    expect(await embedder.metric("polyseme_encoder_runs_total")).toBe(runs);

    // Forms of words are those of a language, so that another one is another generation.
    expect((await api.call("PUT", PATH, { language: "en" })).status).toBe(409);
    await api.call("DELETE", `${PATH}/migration`);
    expect(await start({ language: "en" })).toMatchObject({ method: "rechunk", settings: { language: "en" } });
    await caughtUp();
    expect((await api.call("GET", PATH)).body).toMatchObject({ language: null });
    expect((await act("cutover")).status).toBe(200);
    expect((await api.call("GET", PATH)).body).toMatchObject({ language: "en" });
    const forms = await database.query<{ words: string[] }>(
      "select words from polyseme_store.chunks_1_4 where document_id = 'd0' and ordinal = 0",
    );
    expect(forms.rows[0]?.words).toContain("sentenc");
    expect((await act("rollback")).status).toBe(200);
    expect((await api.call("GET", PATH)).body).toMatchObject({ language: null });
    expect(await embedder.metric("polyseme_encoder_runs_total")).toBe(runs);

    expectStatus(await api.call("PUT", "/v1/collections/fresh", { ...late, chunking: { maxTokens: 32 } }), 201);
    await ingest.settled((await ingest.push("fresh", documentsOf(30))).ticket);
    const { rows } = await database.query<{ same: number; others: number; least: number }>(
      `select count(*) filter (where a.words = b.words and a.token_count = b.token_count)::int as same,
         count(*) filter (where a.words is null or b.words is null)::int as others,
         min(1 - (a.embedding <=> b.embedding))::float8 as least
       from polyseme_store.chunks_1_2 a full join polyseme_store.chunks_2_1 b
         using (document_id, ordinal, start_offset, end_offset, text)`,
    );
    expect(rows).toEqual([{ same: rows[0]?.same, others: 0, least: expect.any(Number) as number }]);
    expect(rows[0]?.same).toBeGreaterThan(60);
    expect(rows[0]?.least).toBeGreaterThan(0.9995);
  });

  test("counts and names what fails only in the new generation, and goes on without it when told to", async () => {
    await services.start("embedder");
    await push(documentsOf(10));
    const started = await start({ chunking: { maxTokens: 32 } });
    await caughtUp();
    await database.query(
      `insert into polyseme_store.followed_documents (collection_id, id, revision, failed_at, error_code, error_message)
       select collection_id, id, revision, now(), 'encode_failed', 'No vector' from polyseme_store.documents where id = 'd3'`,
    );
    expect(started.failures).toEqual([]);
    expect((await api.call("POST", `${PATH}/migration/overlap`)).status).toBe(200);
    expect(await migration()).toMatchObject({
      state: "ready",
      documents: { done: 9, failed: 1 },
      failures: [{ id: "d3", code: "encode_failed", message: "No vector" }],
    });
    expect(await act("cutover")).toMatchObject({
      status: 409,
      body: { error: { code: "conflict", details: { documents: { failed: 1 } } } },
    });
    expect((await act("cutover", { force: true })).status).toBe(200);
    expect((await api.call("GET", `${PATH}/documents/d3`)).body).toMatchObject({
      state: "failed",
      error: { code: "encode_failed" },
    });
    expect((await api.call("POST", "/v1/failures/redrive", { collection: "moved" })).body).toEqual({ redriven: 1 });
    await waitUntil(
      "it is stored",
      async () => (await api.call("GET", `${PATH}/documents/d3`)).body["state"] === "stored",
    );
  });
});
