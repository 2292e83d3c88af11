import { Polyseme } from "@polyseme/client";
import {
  acceptDocuments,
  claimDocuments,
  collectionStatistics,
  failDocument,
  FATAL_DEATHS,
  getCollection,
  openPostgres,
  redriveFailures,
  storeChunks,
  takeOverdueDocuments,
  type Database,
} from "@polyseme/store";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { expectStatus, HttpCaller } from "./support/http.ts";
import { startService, type ServiceProcess } from "./support/processes.ts";
import { freshServers, QUICK_START, type TestServers } from "./support/stack.ts";
import { runCliHere } from "./support/run-cli.ts";

const databaseUrl = inject("databaseUrl");
const redisUrl = inject("redisUrl");

interface FailurePage {
  readonly failures: {
    readonly collection: string;
    readonly id: string;
    readonly version: number;
    readonly attempts: number;
    readonly error: { readonly code: string; readonly message: string };
    readonly failedAt: string;
  }[];
  readonly total: number;
  readonly next: string | null;
}

describe.skipIf(databaseUrl === null || redisUrl === null)("failures", () => {
  let servers: TestServers;
  let database: Database;
  let ingest: ServiceProcess;
  let api: ServiceProcess;
  let http: HttpCaller;
  let door: HttpCaller;

  // No embedder: what becomes of a document is what these tests say.
  beforeAll(async () => {
    servers = await freshServers(databaseUrl ?? "", redisUrl ?? "");
    const settings = { ...QUICK_START, ...servers.environment };
    [ingest, api] = await Promise.all([startService("ingest", settings), startService("api", settings)]);
    http = new HttpCaller(api.url);
    door = new HttpCaller(ingest.url);
    database = openPostgres(servers.environment.DATABASE_URL, { maxConnections: 4, onIdleError: () => undefined });
  });
  afterAll(async () => {
    await Promise.all([ingest, api].map((service) => service.end("SIGKILL")));
    await database.close();
    await servers.drop();
  });

  async function pushAndFail(collection: string, ids: readonly string[], code: "encode_failed" | "unusable_text") {
    const { ticket } = await door.push(
      collection,
      ids.map((id) => ({ id, text: `The text of ${id}.` })),
    );
    const { id: collectionId } = await getCollection(database, collection);
    const { rows } = await database.query<{ id: string; revision: number }>(
      "select id, revision from polyseme_store.documents where collection_id = $1 and id = any($2)",
      [collectionId, ids],
    );
    await claimDocuments(database, collectionId, rows);
    for (const document of rows) await failDocument(database, collectionId, document, { code, message: `${code}!` });
    return { ticket, collectionId };
  }
  const list = async (query: string): Promise<FailurePage> =>
    expectStatus(await http.call("GET", `/v1/failures${query}`), 200) as FailurePage;
  const idsOf = ({ failures }: FailurePage): string[] => failures.map(({ id }) => id);
  const rowOf = async (id: string) => {
    const { rows } = await database.query<Record<string, unknown>>(
      `select state, attempts, deaths, job, error_code, failed_at, next_attempt_at <= now() as due
       from polyseme_store.documents where id = $1`,
      [id],
    );
    return rows[0];
  };

  test("are listed newest first, by collection, code, id and time, with their reason", async () => {
    const from = new Date();
    await pushAndFail("list", ["l1", "l2", "l3"], "encode_failed");
    await pushAndFail("list", ["l4"], "unusable_text");
    await pushAndFail("list-other", ["l1"], "encode_failed");
    const page = await list("?collection=list");
    expect(page).toMatchObject({ total: 4, next: null });
    expect(idsOf(page)[0]).toBe("l4");
    expect(idsOf(page).sort()).toEqual(["l1", "l2", "l3", "l4"]);
    expect(page.failures[0]).toMatchObject({
      collection: "list",
      version: 1,
      attempts: 1,
      error: { code: "unusable_text", message: "unusable_text!" },
    });
    expect(Date.parse(page.failures[0]?.failedAt ?? "")).toBeGreaterThanOrEqual(from.getTime() - 1_000);
    expect(idsOf(await list("?collection=list&code=unusable_text"))).toEqual(["l4"]);
    expect((await list("?id=l1")).failures.map(({ collection }) => collection)).toEqual(["list-other", "list"]);
    expect(await list(`?until=${from.toISOString()}`)).toMatchObject({ total: 0 });
    expect(await list("?collection=list&since=2000-01-01")).toMatchObject({ total: 4 });
    expect(await list("?collection=list&since=2999-01-01T00:00:00Z")).toMatchObject({ failures: [], total: 0 });
  });

  test("are paged without a gap or a repeat, also where many failed in the same moment", async () => {
    const ids = Array.from({ length: 25 }, (_, i) => `p${String(i).padStart(2, "0")}`);
    const { collectionId } = await pushAndFail("paged", ids, "encode_failed");
    await database.query("update polyseme_store.documents set failed_at = '2026-01-01' where collection_id = $1", [
      collectionId,
    ]);
    const seen: string[] = [];
    let pages = 0;
    for (let after = ""; ; pages += 1) {
      const page = await list(`?collection=paged&limit=10${after}`);
      expect(page.total).toBe(25);
      seen.push(...idsOf(page));
      if (page.next === null) break;
      after = `&after=${page.next}`;
    }
    expect(pages).toBe(2);
    expect(seen).toEqual([...ids].reverse());
  });

  test.each([
    ["limit=0", "limit"],
    ["limit=1001", "limit"],
    ["limit=ten", "limit"],
    ["since=yesterday", "since"],
    ["until=0000-99-99", "until"],
    ["code=no_such_code", "code"],
    ["after=no-place", "after"],
    [`after=${Buffer.from('[1e300,1,"x"]').toString("base64url")}`, "after"],
    ["colection=x", "colection"],
    ["collection=%00", "collection"],
  ])("a query with %s is refused by the field's name", async (query, field) => {
    expect(await http.call("GET", `/v1/failures?${query}`)).toMatchObject({
      status: 400,
      body: { error: { code: "invalid", details: { field } } },
    });
  });

  test("of a collection that is not there are not found", async () => {
    expect(await http.call("GET", "/v1/failures?collection=nowhere")).toMatchObject({ status: 404 });
    expect(await http.call("POST", "/v1/failures/redrive", { collection: "nowhere" })).toMatchObject({ status: 404 });
  });

  test("are queued again by a redrive, as if just pushed, once; and their ticket waits for them again", async () => {
    const { ticket } = await pushAndFail("again", ["a1", "a2", "a3"], "encode_failed");
    await database.query("update polyseme_store.documents set deaths = 3 where id = 'a1'");
    const before = await rowOf("a1");
    expect((await door.call("GET", `/v1/tickets/${ticket}`)).body).toMatchObject({ failed: 3, pending: 0 });
    const redrive = (body: object) => http.call("POST", "/v1/failures/redrive", body);
    expect(await redrive({ collection: "again", ids: ["a1"] })).toMatchObject({ status: 200, body: { redriven: 1 } });
    expect(await rowOf("a1")).toMatchObject({
      state: "queued",
      attempts: 0,
      deaths: 0,
      error_code: null,
      failed_at: null,
    });
    expect((await rowOf("a1"))?.["job"]).not.toBe(before?.["job"]);
    expect((await door.call("GET", `/v1/tickets/${ticket}`)).body).toMatchObject({ failed: 2, pending: 1 });
    expect((await redrive({ collection: "again", code: "unusable_text" })).body).toEqual({ redriven: 0 });
    expect((await redrive({ collection: "again" })).body).toEqual({ redriven: 2 });
    expect((await redrive({ collection: "again" })).body).toEqual({ redriven: 0 });
    expect((await redrive({ ids: [] })).body).toEqual({ redriven: 0 });
    expect((await redrive({ ids: ["\0"] })).body).toEqual({ redriven: 0 });
    expect((await redrive({ everything: true })).status).toBe(400);
  });

  test("of many thousand documents are redriven once in jobs of one collection and priority, however many ask", async () => {
    const { collectionId } = await pushAndFail("many", ["m"], "encode_failed");
    const other = await pushAndFail("many-other", ["m"], "encode_failed");
    await database.query(
      `insert into polyseme_store.documents (collection_id, id, revision, text, text_hash, job, state, priority, failed_at)
       select c, 'x' || i, nextval('polyseme_store.revisions'), repeat('t', (i % 7) * 3000), '\\x00', 1, 'failed', i % 2, now()
       from generate_series(1, 11000) i, unnest($1::int[]) c`,
      [[collectionId, other.collectionId]],
    );
    const counts = await Promise.all([1, 2, 3].map(() => redriveFailures(database, {})));
    expect(counts.reduce((sum, count) => sum + count, 0)).toBeGreaterThanOrEqual(22_002);
    const { rows } = await database.query<{ places: number; most: number; bytes: number; failed: number }>(
      `select max(places)::int as places, max(documents)::int as most, max(bytes)::int as bytes,
         (select count(*)::int from polyseme_store.documents where state = 'failed') as failed
       from (select count(distinct (collection_id, priority)) as places, count(*) as documents, sum(text_bytes) as bytes
         from polyseme_store.documents where id like 'x%' group by job) jobs`,
    );
    expect(rows[0]).toMatchObject({ places: 1, failed: 0 });
    expect(rows[0]?.most).toBeLessThanOrEqual(32);
    expect(rows[0]?.bytes).toBeLessThan(2 * 64 * 1024);
    await database.query("delete from polyseme_store.documents where id like 'x%'");
  });

  test("are listed and redriven on the command line, which does not redrive everything by mistake", async () => {
    await pushAndFail("cli", ["c1", "c2"], "encode_failed");
    const cli = async (...argv: string[]): Promise<{ out: string; err: string }> => {
      const { code, ...written } = await runCliHere([...argv, "--url", api.url]);
      expect(code).toBe(0);
      return written;
    };
    const { out, err } = await cli("failures", "--collection", "cli", "--since", "1h");
    expect(out).toMatch(/collection +document +version +attempts +failed at +code +message/);
    expect(out).toMatch(/cli +c2 +1 +1 +\S+Z +encode_failed +encode_failed!/);
    expect(err).toContain("2 failures");
    expect(JSON.parse((await cli("failures", "-c", "cli", "--code", "encode_failed", "--json")).out)).toMatchObject({
      total: 2,
    });
    await expect(cli("redrive")).rejects.toThrow("--yes");
    expect((await cli("redrive", "c1", "-c", "cli")).out).toContain("1 document queued again");
    expect(JSON.parse((await cli("redrive", "--collection", "cli", "--json")).out)).toEqual({ redriven: 1 });
    expect((await cli("failures", "-c", "cli")).err).toContain("There are no failures.");
    expect(await new Polyseme({ url: api.url }).failures.redrive({ collection: "cli", since: new Date(0) })).toBe(0);
  });

  test("and every other state are counted by the collection as SQL counts them", async () => {
    const { collectionId } = await pushAndFail("counted", ["f1", "f2"], "encode_failed");
    await door.push(
      "counted",
      ["q1", "q2", "q3", "s1", "e1"].map((id) => ({ id, text: `About ${id}.` })),
    );
    const { rows: refs } = await database.query<{ id: string; revision: number }>(
      "select id, revision from polyseme_store.documents where collection_id = $1 and id in ('s1', 'e1')",
      [collectionId],
    );
    await claimDocuments(database, collectionId, refs);
    const chunk = { start: 0, end: 9, text: "About s1.", tokens: 5, embedding: new Float32Array(384).fill(0.05) };
    await storeChunks(
      database,
      { collectionId, generation: 1 },
      refs.filter(({ id }) => id === "s1").map((ref) => ({ ...ref, storedChunks: 0, chunks: [chunk] })),
    );
    const { rows } = await database.query<{ state: string; count: number }>(
      "select state, count(*)::int as count from polyseme_store.documents where collection_id = $1 group by state",
      [collectionId],
    );
    const bySql = Object.fromEntries(rows.map(({ state, count }) => [state, count]));
    expect(bySql).toEqual({ failed: 2, queued: 3, stored: 1, embedding: 1 });
    const { body } = await http.call("GET", "/v1/collections/counted");
    expect(body["documents"]).toEqual({ ...bySql, total: 7 });
    expect(body["chunks"]).toBe(1);
    expect((await collectionStatistics(database, await getCollection(database, "counted"))).documents).toEqual({
      ...bySql,
      total: 7,
    });
  });
});

describe.skipIf(databaseUrl === null || redisUrl === null)("runs that end with their worker", () => {
  let servers: TestServers;
  let database: Database;
  let ingest: ServiceProcess;
  let collectionId: number;

  beforeAll(async () => {
    servers = await freshServers(databaseUrl ?? "", redisUrl ?? "");
    ingest = await startService("ingest", { ...QUICK_START, ...servers.environment });
    await new HttpCaller(ingest.url).push("deaths", [{ id: "d", text: "One text." }]);
    // From here on the test is the only reconciler.
    await ingest.end("SIGKILL");
    database = openPostgres(servers.environment.DATABASE_URL, { maxConnections: 2, onIdleError: () => undefined });
    ({ id: collectionId } = await getCollection(database, "deaths"));
  });
  afterAll(async () => {
    await database.close();
    await servers.drop();
  });

  const ref = async () => {
    const { rows } = await database.query<{ id: string; revision: number }>(
      "select id, revision from polyseme_store.documents",
    );
    return rows;
  };
  const claimAndDie = async () => {
    const [claimed] = await claimDocuments(database, collectionId, await ref());
    await database.query("update polyseme_store.documents set next_attempt_at = now()");
    return claimed;
  };

  test("are counted, and those that ended while nobody could renew a claim are not", async () => {
    expect(await claimAndDie()).toMatchObject({ attempts: 1, deaths: 0 });
    expect((await takeOverdueDocuments(database, 10, { countDeaths: true })).lost).toMatchObject([{ deaths: 1 }]);
    expect(await claimAndDie()).toMatchObject({ attempts: 2, deaths: 1 });
    expect((await takeOverdueDocuments(database, 10, { countDeaths: false })).lost).toMatchObject([{ deaths: 1 }]);
    // A job that was lost is no death.
    await database.query("update polyseme_store.documents set next_attempt_at = now()");
    expect((await takeOverdueDocuments(database, 10, { countDeaths: true })).lost).toMatchObject([{ deaths: 1 }]);
  });

  test("fail the document when there are many of them, with a code of their own", async () => {
    for (let deaths = 2; deaths < FATAL_DEATHS; deaths += 1) {
      await claimAndDie();
      expect(await takeOverdueDocuments(database, 10, { countDeaths: true })).toMatchObject({
        lost: [{ deaths }],
        failed: [],
      });
    }
    await claimAndDie();
    expect(await takeOverdueDocuments(database, 10, { countDeaths: true })).toMatchObject({
      lost: [],
      failed: [{ id: "d", deaths: FATAL_DEATHS }],
    });
    const { rows } = await database.query(
      "select state, error_code, failed_at is not null as dated from polyseme_store.documents",
    );
    expect(rows).toEqual([{ state: "failed", error_code: "encoder_crashed", dated: true }]);
    expect(await claimDocuments(database, collectionId, await ref())).toEqual([]);
  });

  test("are forgotten when a new text is pushed", async () => {
    expect(await redriveFailures(database, {})).toBe(1);
    await claimAndDie();
    await takeOverdueDocuments(database, 10, { countDeaths: true });
    const document = { id: "d", text: "Another text.", title: null, metadataJson: "{}", priority: 0 };
    await acceptDocuments(database, {
      collectionId,
      newTickets: [],
      incoming: [{ document, job: 2, ticket: "t", mayRepeat: true }],
    });
    const { rows } = await database.query("select state, deaths, version from polyseme_store.documents");
    expect(rows).toEqual([{ state: "queued", deaths: 0, version: 2 }]);
  });

  test("are counted also when a worker takes the document before the reconciler saw that its claim ran out", async () => {
    await claimAndDie();
    expect(await claimDocuments(database, collectionId, await ref())).toMatchObject([{ deaths: 1 }]);
    await database.query("update polyseme_store.documents set state = 'queued'");
  });

  test("are forgotten when the document is stored", async () => {
    const [document] = await ref();
    const chunk = { start: 0, end: 9, text: "One text.", tokens: 4, embedding: new Float32Array(384).fill(0.05) };
    await storeChunks(database, { collectionId, generation: 1 }, [
      { id: "d", revision: document?.revision ?? 0, storedChunks: 0, chunks: [chunk] },
    ]);
    const { rows } = await database.query("select state, deaths from polyseme_store.documents");
    expect(rows).toEqual([{ state: "stored", deaths: 0 }]);
  });
});
