import { setTimeout as after } from "node:timers/promises";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { waitUntil, type HttpCaller } from "./support/http.ts";
import { freshServers, startStack, type TestServers, type TestStack } from "./support/stack.ts";

const databaseUrl = inject("databaseUrl");
const redisUrl = inject("redisUrl");

const ANIMALS = ["cat", "dog", "horse", "cow", "goat", "sheep", "duck", "goose", "pig", "hen"];

/** The same ten sentences in each of three languages by name alone, so that metadata and nothing else tells them apart. */
const DOCUMENTS = ["en", "de", "fr"].flatMap((lang, l) =>
  ANIMALS.map((animal, i) => ({
    id: `${lang}-${animal}`,
    text: `The ${animal} sleeps in the barn every single night. Later on the ${animal} eats whatever it finds there.`,
    metadata: {
      lang,
      price: i * 10 + l,
      tags: [animal, i % 2 === 0 ? "even" : "odd"],
      born: { day: `2026-0${(i % 9) + 1}-15` },
      ...(i === 0 ? { note: null } : {}),
    },
  })),
);

describe.skipIf(databaseUrl === null || redisUrl === null)("a filter", () => {
  let servers: TestServers;
  let stack: TestStack;
  let http: HttpCaller;

  beforeAll(async () => {
    servers = await freshServers(databaseUrl ?? "", redisUrl ?? "");
    stack = await startStack(servers.environment);
    http = stack.http;
    const settings = { tokenVectors: "int8", chunking: { maxTokens: 16, overlapTokens: 0 } };
    expect((await http.call("PUT", "/v1/collections/barn", settings)).status).toBe(201);
    await http.settled((await http.push("barn", DOCUMENTS)).ticket);
  });
  afterAll(async () => {
    await stack.stop();
    await servers.drop();
  });

  const ids = async (body: Record<string, unknown>, collection = "barn"): Promise<string[]> =>
    (await http.search(collection, { query: "an animal on a farm", k: 100, ...body })).map(({ id }) => id).sort();
  const those = (keep: (document: (typeof DOCUMENTS)[number]) => boolean): string[] =>
    DOCUMENTS.filter(keep)
      .map(({ id }) => id)
      .sort();

  test("keeps exactly the documents whose metadata match", async () => {
    expect(await ids({ filter: { lang: "de" } })).toEqual(those(({ metadata }) => metadata.lang === "de"));
    expect(await ids({ filter: { price: { $gte: 20, $lt: 42 } } })).toEqual(
      those(({ metadata: { price } }) => price >= 20 && price < 42),
    );
    expect(await ids({ filter: { tags: "odd", "born.day": { $lt: "2026-04" } } })).toEqual(
      those(({ metadata: { tags, born } }) => tags.includes("odd") && born.day < "2026-04"),
    );
    expect(await ids({ filter: { $or: [{ note: null }, { $not: { lang: { $in: ["en", "de"] } } }] } })).toEqual(
      those(({ metadata }) => "note" in metadata || metadata.lang === "fr"),
    );
    expect(await ids({ filter: {} })).toHaveLength(DOCUMENTS.length);
    expect(await ids({ filter: { lang: "it" } })).toEqual([]);
  });

  test("comes before the choice of the nearest: k hits come back, each with its best chunk", async () => {
    const hits = await http.search("barn", { query: "The duck eats what it finds.", k: 3, filter: { tags: "even" } });
    expect(hits).toHaveLength(3);
    const chunks = await http.search("barn", {
      query: "The duck eats.",
      k: 6,
      group: "chunk",
      filter: { tags: "goose" },
    });
    expect(chunks.map(({ id }) => id.split("-")[1])).toEqual(Array(6).fill("goose"));
  });

  test("applies to ranking anew and to senses as well", async () => {
    const reranked = await ids({ rerank: "maxsim", filter: { lang: "en", tags: "even" } });
    expect(reranked).toEqual(those(({ metadata: { lang, tags } }) => lang === "en" && tags.includes("even")));
    for (const candidates of ["word", "meaning"]) {
      const sense = { text: "A duck swims.", word: "duck", candidates };
      const { body } = await http.call("POST", "/v1/collections/barn/search", {
        sense,
        k: 100,
        filter: { lang: "fr", tags: { $in: ["duck", "cow"] } },
      });
      const found = (body["hits"] as { id: string }[]).map(({ id }) => id);
      expect(found.sort()).toEqual(candidates === "word" ? ["fr-duck"] : ["fr-cow", "fr-duck"]);
    }
  });

  test("has its indexes built when the settings ask for them, and keeps the same documents then", async () => {
    const put = await http.call("PUT", "/v1/collections/barn", { index: { metadata: ["price", "born.day"] } });
    expect(put.status).toBe(200);
    await waitUntil("seven indexes over metadata are ready", async () => {
      const { body } = await http.call("GET", "/v1/collections/barn");
      const { built } = body["index"] as { built: { kind: string; state: string }[] };
      return built.filter(({ kind, state }) => kind === "metadata" && state === "ready").length === 7;
    });
    expect(await ids({ filter: { price: { $gte: 20, $lt: 42 }, "born.day": { $lt: "2026-04" } } })).toEqual(
      those(({ metadata: { price, born } }) => price >= 20 && price < 42 && born.day < "2026-04"),
    );
  });

  test("that is wrong is refused with the place of the fault, in a search and in a deletion", async () => {
    const filter = { $and: [{ lang: "de" }, { price: { $gt: [1] } }] };
    for (const answer of [
      await http.call("POST", "/v1/collections/barn/search", { query: "cow", filter }),
      await http.call("POST", "/v1/collections/barn/documents/delete", { filter }),
    ])
      expect(answer).toMatchObject({
        status: 400,
        body: { error: { code: "invalid", details: { field: "filter.$and[1].price.$gt" } } },
      });
    for (const body of [{}, { ids: ["en-cat"], filter: {} }])
      expect((await http.call("POST", "/v1/collections/barn/documents/delete", body)).status).toBe(400);
  });

  test("deletes what it keeps, stored or queued, and what was queued is never stored", async () => {
    const documents = Array.from({ length: 2_300 }, (_, i) => ({
      id: `d${i}`,
      text: `Line ${i} of the log.`,
      metadata: { even: i % 2 === 0, batch: i < 2_000 ? "first" : "last" },
    }));
    const { ticket } = await http.push("log", documents);
    const deleted = await http.call("POST", "/v1/collections/log/documents/delete", { filter: { batch: "first" } });
    expect(deleted).toMatchObject({ status: 200, body: { deleted: 2_000 } });
    expect(await http.settled(ticket)).toMatchObject({ deleted: 2_000, stored: 300, pending: 0 });
    expect(await ids({ k: 1_000 }, "log")).toHaveLength(300);
    expect(await chunksOf("log")).toBe(300);
    const odd = await http.call("POST", "/v1/collections/log/documents/delete", { filter: { even: { $ne: true } } });
    expect(odd.body).toEqual({ deleted: 150 });
    expect((await http.call("POST", "/v1/collections/log/documents/delete", { filter: {} })).body).toEqual({
      deleted: 150,
    });
    expect(await chunksOf("log")).toBe(0);
  });

  test("deletes nothing that was pushed with other metadata before its turn came", async () => {
    const document = (i: number, old: boolean): object => ({ id: `r${i}`, text: `Text ${i}.`, metadata: { old } });
    const all = Array.from({ length: 1_500 }, (_, i) => document(i, true));
    await http.push("race", all);
    const held = new pg.Client({ connectionString: servers.environment.DATABASE_URL });
    await held.connect();
    // A lock on one of the first batch's documents: the deletion has chosen all it will delete, and waits.
    await held.query("begin");
    await held.query("select from polyseme_store.documents where id = 'r0' for update");
    const deletion = http.call("POST", "/v1/collections/race/documents/delete", { filter: { old: true } });
    await untilOneWaits(held);
    await http.push("race", [document(999, false)]);
    await held.query("commit");
    await held.end();
    expect((await deletion).body).toEqual({ deleted: 1_499 });
    expect((await http.call("GET", "/v1/collections/race/documents/r999")).body).toMatchObject({
      metadata: { old: false },
    });
  });

  async function chunksOf(collection: string): Promise<number> {
    const client = new pg.Client({ connectionString: servers.environment.DATABASE_URL });
    await client.connect();
    const { rows } = await client.query<{ chunks: number }>(
      `select count(*)::int as chunks from polyseme."${collection}"`,
    );
    await client.end();
    return rows[0]?.chunks ?? -1;
  }
});

async function untilOneWaits(client: pg.Client): Promise<void> {
  const deadline = performance.now() + 20_000;
  for (;;) {
    const { rows } = await client.query("select from pg_locks where not granted");
    if (rows.length > 0) return;
    if (performance.now() > deadline) throw new Error("Nobody waits for the lock");
    await after(20);
  }
}
