import { readdir } from "node:fs/promises";
import {
  openPostgres,
  migrate,
  ensureCollection,
  acceptDocuments,
  claimDocuments,
  renewClaims,
  storeChunks,
  deleteDocuments,
  type Database,
  type Collection,
  type NewCollection,
  type Sql,
} from "@polyseme/store";
import { Redis } from "ioredis";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { HttpCaller, waitUntil } from "./support/http.ts";
import { untilSomeStored, useServices } from "./support/services.ts";
import { freshServers, type TestServers } from "./support/stack.ts";

const databaseUrl = inject("databaseUrl");
const redisUrl = inject("redisUrl");

describe.skipIf(databaseUrl === null || redisUrl === null)("when things die", () => {
  const services = useServices(databaseUrl, redisUrl);

  test("documents whose jobs vanished from Redis are put back and stored", async () => {
    const ingest = await services.start("ingest");
    const http = new HttpCaller(ingest.url);
    const documents = Array.from({ length: 200 }, (_, i) => ({ id: `d${i}`, text: `Text number ${i}.` }));
    const { ticket } = await http.push("lost", documents);
    const prefix = services.servers.environment.POLYSEME_QUEUE_PREFIX;
    const redis = new Redis(redisUrl ?? "");
    const keys = await redis.keys(`${prefix.replace(/[{}]/g, "\\$&")}:polyseme-embed:*`);
    expect(keys.length).toBeGreaterThan(0);
    await redis.del(keys);
    redis.disconnect();
    // Long before the half minute after which each is looked for anyway.
    await waitUntil(
      "the next pass saw that the queue is empty",
      async () => (await http.metric("polyseme_reconciled_documents_total")) >= 200,
      15_000,
    );

    await services.start("embedder");
    expect(await http.settled(ticket)).toMatchObject({ total: 200, stored: 200, failed: 0 });
    expect(await http.metric("polyseme_reconciled_documents_total")).toBe(200);
  });

  test("a worker killed in the middle of its work loses nothing", async () => {
    const [ingest, first] = await Promise.all([services.start("ingest"), services.start("embedder")]);
    const http = new HttpCaller(ingest.url);
    const documents = Array.from({ length: 300 }, (_, i) => ({
      id: `k${i}`,
      text: `${i}. ${"A longer text to work on. ".repeat(20)}`,
    }));
    const { ticket } = await http.push("killed", documents);
    await untilSomeStored(http, ticket);
    expect(await first.end("SIGKILL")).toMatchObject({ signal: "SIGKILL" });
    await services.start("embedder");
    expect(await http.settled(ticket)).toMatchObject({ total: 300, stored: 300, failed: 0 });
  });

  test("a push is accepted while Redis is away, and stored once it is back", async () => {
    // A Redis that answers at start and is then gone: reached through a proxy would be slower than simply another port.
    const ingest = await services.start("ingest");
    const http = new HttpCaller(ingest.url);
    const admin = new Redis(redisUrl ?? "");
    await admin.call("CLIENT", "PAUSE", "6000", "ALL");
    const { ticket, accepted } = await http.push("away", [{ id: "a", text: "Redis does not answer now." }]);
    expect(accepted).toBe(1);
    admin.disconnect();
    // Not when the grace of a push whose job was queued ends, half a minute later.
    const client = new pg.Client({ connectionString: services.servers.environment.DATABASE_URL });
    await client.connect();
    const { rows } = await client.query(
      "select next_attempt_at < now() + interval '15 seconds' as soon from polyseme_store.documents",
    );
    await client.end();
    expect(rows).toEqual([{ soon: true }]);
    await services.start("embedder");
    expect(await http.settled(ticket)).toMatchObject({ stored: 1 });
  });

  test("old documents whose time comes while Redis is away are put back as soon as it is there again", async () => {
    const ingest = await services.start("ingest");
    const http = new HttpCaller(ingest.url);
    const { ticket } = await http.push("old", [{ id: "a", text: "Pushed an hour ago." }]);
    const prefix = services.servers.environment.POLYSEME_QUEUE_PREFIX;
    const admin = new Redis(redisUrl ?? "");
    await admin.del(await admin.keys(`${prefix.replace(/[{}]/g, "\\$&")}:polyseme-embed:*`));
    await admin.call("CLIENT", "PAUSE", "6000", "ALL");
    const client = new pg.Client({ connectionString: services.servers.environment.DATABASE_URL });
    await client.connect();
    await client.query(
      "update polyseme_store.documents set next_attempt_at = now(), received_at = now() - interval '1 hour'",
    );
    // Longer than the door's client waits, so that a pass has failed meanwhile.
    await waitUntil("a pass found Redis away", () => Promise.resolve(ingest.log().includes("reconciler pass failed")));
    const { rows } = await client.query("select next_attempt_at <= now() as due from polyseme_store.documents");
    expect(rows).toEqual([{ due: true }]);
    await client.end();
    admin.disconnect();
    await services.start("embedder");
    expect(await http.settled(ticket, 30_000)).toMatchObject({ stored: 1 });
  });
});

describe.skipIf(databaseUrl === null)("the ledger", () => {
  let servers: TestServers;
  let database: Database;
  let collection: Collection;
  const settings: NewCollection = {
    name: "ledger",
    language: null,
    model: "m",
    dimensions: 3,
    chunking: { maxTokens: 8, overlapTokens: 0, strategy: "sentence" },
  };
  const embedding = Float32Array.from([1, 0, 0]);
  const chunk = (text: string) => ({ start: 0, end: text.length, text, tokens: 3, embedding });
  const pushAs = async (id: string, text: string): Promise<number> => {
    const document = { id, text, title: null, metadataJson: "{}", priority: 0 };
    const outcome = await acceptDocuments(database, {
      collectionId: collection.id,
      newTickets: ["t"],
      incoming: [{ document, job: 1, ticket: "t", mayRepeat: false }],
    });
    if (outcome.kind !== "written") throw new Error(outcome.kind);
    return outcome.accepted[0]?.revision ?? 0;
  };
  const push = (text: string): Promise<number> => pushAs("d", text);
  const write = async (revision: number, text: string): Promise<ReadonlySet<string>> => {
    const target = { collectionId: collection.id, generation: 1 };
    return (await storeChunks(database, target, [{ id: "d", revision, storedChunks: 0, chunks: [chunk(text)] }]))
      .stored;
  };
  const stored = async (): Promise<string[]> =>
    (await database.query<{ text: string }>('select text from polyseme."ledger" order by ordinal')).rows.map(
      ({ text }) => text,
    );

  beforeAll(async () => {
    servers = await freshServers(databaseUrl ?? "", undefined);
    database = openPostgres(servers.environment.DATABASE_URL, { maxConnections: 8, onIdleError: () => undefined });
    await Promise.all(
      Array.from({ length: 20 }, async () => {
        const one = openPostgres(servers.environment.DATABASE_URL, { maxConnections: 1, onIdleError: () => undefined });
        await migrate(one);
        await one.close();
      }),
    );
    const made = await Promise.all(Array.from({ length: 8 }, () => ensureCollection(database, settings)));
    expect(made.filter(({ created }) => created)).toHaveLength(1);
    ({ collection } = made[0] as { collection: Collection });
  });
  afterAll(async () => {
    await database.close();
    await servers.drop();
  });

  test("twenty processes that start at once migrate it once", async () => {
    const files = await readdir(new URL("../packages/store/migrations", import.meta.url));
    const { rows } = await database.query<{ name: string }>(
      "select name from polyseme_store.migrations order by number",
    );
    expect(rows.map(({ name }) => name)).toEqual(files.sort());
  });

  test("a connection that breaks between two statements of a transaction fails the transaction, not the process", async () => {
    const failure = await database
      .withTransaction(async (sql) => {
        const { rows } = await sql.query<{ pid: number }>("select pg_backend_pid() as pid");
        await database.query("select pg_terminate_backend($1)", [rows[0]?.pid]);
        await waitUntil("it is gone", async () => {
          const left = await database.query("select from pg_stat_activity where pid = $1", [rows[0]?.pid]);
          return left.rowCount === 0;
        });
        await sql.query("select 1");
      })
      .catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: "unavailable" });
    expect((await database.query<{ one: number }>("select 1 as one")).rows).toEqual([{ one: 1 }]);
  });

  test("an older run never overwrites a newer one, and the same run twice changes nothing", async () => {
    const older = await push("first");
    const newer = await push("second");
    expect(newer).toBeGreaterThan(older);
    expect(await write(newer, "second")).toEqual(new Set(["d"]));
    expect(await write(older, "first")).toEqual(new Set());
    expect(await write(newer, "second")).toEqual(new Set());
    expect(await stored()).toEqual(["second"]);
  });

  test("a document's revisions rise whatever connection writes them", async () => {
    const ids = Array.from({ length: 8 }, (_, i) => `r${i}`);
    const latest = new Map<string, number>();
    for (let round = 0; round < 20; round += 1)
      await Promise.all(
        ids.map(async (id) => {
          const revision = await pushAs(id, `round ${round}`);
          expect(revision).toBeGreaterThan(latest.get(id) ?? 0);
          latest.set(id, revision);
        }),
      );
    const raced = await Promise.all(Array.from({ length: 40 }, (_, i) => pushAs("race", `text ${i}`)));
    const { rows } = await database.query<{ revision: number; version: number }>(
      "select revision, version from polyseme_store.documents where id = 'race'",
    );
    expect(rows[0]).toEqual({ revision: Math.max(...raced), version: 40 });
  });

  test("a deleted document never comes back, not even under the same id", async () => {
    const before = await push("to be deleted");
    expect(await deleteDocuments(database, collection, ["d"])).toBe(1);
    const after = await push("made anew");
    expect(await write(before, "to be deleted")).toEqual(new Set());
    expect(await stored()).toEqual([]);
    expect(await write(after, "made anew")).toEqual(new Set(["d"]));
    expect(await stored()).toEqual(["made anew"]);
  });

  test("a document that became shorter leaves no chunk of its former text", async () => {
    const target = { collectionId: collection.id, generation: 1 };
    const ref = { id: "short", revision: await pushAs("short", "long") };
    await storeChunks(database, target, [{ ...ref, storedChunks: 0, chunks: ["a", "b", "c"].map(chunk) }]);
    const next = { id: "short", revision: await pushAs("short", "shorter") };
    const [claimed] = await claimDocuments(database, collection.id, [next]);
    expect(claimed?.storedChunks).toBe(3);
    await storeChunks(database, target, [{ ...next, storedChunks: 3, chunks: [chunk("d")] }]);
    const { rows } = await database.query("select text from polyseme.\"ledger\" where document_id = 'short'");
    expect(rows).toEqual([{ text: "d" }]);
    await deleteDocuments(database, collection, ["short"]);
  });

  test("a batch reads its own documents, not the collection, also before Postgres knows the table's statistics", async () => {
    const { collection: large } = await ensureCollection(database, { ...settings, name: "large" });
    await database.query(
      `insert into polyseme_store.documents (collection_id, id, revision, text, text_hash, job)
       select $1, 'l' || i, nextval('polyseme_store.revisions'), repeat('text ', 100), '\\x00', 1 from generate_series(1, 30000) i`,
      [large.id],
    );
    await database.query(
      `insert into polyseme_store.ticket_documents (ticket_id, collection_id, document_id, revision)
       select 'wide', $1, 'm' || i, i from generate_series(1, 30000) i`,
      [large.id],
    );
    const ids = Array.from({ length: 64 }, (_, i) => `l${i * 400 + 1}`);
    const revisions = await database.query<{ id: string; revision: number }>(
      "select id, revision from polyseme_store.documents where collection_id = $1 and id = any($2::text[])",
      [large.id, ids],
    );
    const chunks = [chunk("text")];
    for (const act of [
      (sql: Sql) =>
        acceptDocuments(sql, {
          collectionId: large.id,
          newTickets: ["wide"],
          incoming: ids.map((id) => ({
            document: { id, text: "text", title: "new", metadataJson: "{}", priority: 0 },
            job: 1,
            ticket: "wide",
            mayRepeat: true,
          })),
        }),
      (sql: Sql) => claimDocuments(sql, large.id, revisions.rows),
      (sql: Sql) =>
        storeChunks(
          { ...database, query: sql.query.bind(sql) },
          { collectionId: large.id, generation: 1 },
          revisions.rows.map((row) => ({ ...row, storedChunks: 2, chunks })),
        ),
    ]) {
      const read = await database.withTransaction(async (sql) => {
        await act(sql);
        const { rows } = await sql.query<{ read: number }>(
          `select sum(seq_tup_read + coalesce(idx_tup_fetch, 0))::int as read from pg_stat_xact_user_tables
           where relname in ('documents', 'ticket_documents') or relname like 'chunks%'`,
        );
        await sql.query("rollback");
        await sql.query("begin");
        return rows[0]?.read ?? 0;
      });
      expect(read).toBeLessThan(ids.length * 10);
    }
  });

  test("statements over the same documents in different orders never wait for each other in a circle", async () => {
    const documents = await Promise.all(
      Array.from({ length: 200 }, async (_, i) => ({ id: `o${i}`, revision: await pushAs(`o${i}`, "text") })),
    );
    await claimDocuments(database, collection.id, documents);
    const renewals = Array.from({ length: 60 }, (_, i) => (i % 2 === 0 ? documents : [...documents].reverse()));
    await Promise.all(renewals.map((order) => renewClaims(database, collection.id, order)));
  });

  test("a document is claimed by one worker at a time", async () => {
    const revision = await push("claimed");
    const claims = await Promise.all(
      Array.from({ length: 6 }, () => claimDocuments(database, collection.id, [{ id: "d", revision }])),
    );
    expect(claims.flat()).toHaveLength(1);
    expect(claims.flat()[0]).toMatchObject({ attempts: 1, text: "claimed" });
  });
});
