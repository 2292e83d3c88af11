import { rm } from "node:fs/promises";
import { openBackends, type Backends } from "@polyseme/backends";
import { readConfig, type Environment } from "@polyseme/core";
import {
  acceptDocuments,
  claimDocuments,
  collectionStatistics,
  ensureCollection,
  failDocument,
  readBacklog,
  recordHeartbeat,
  recordStop,
  type Accepted,
  type Collection,
  type Sql,
} from "@polyseme/store";
import { afterAll, beforeAll, beforeEach, describe, expect, inject, test } from "vitest";
import { makeEmbeddedFolder } from "./support/embedded-folder.ts";
import { HttpCaller, waitUntil } from "./support/http.ts";
import { useServices } from "./support/services.ts";
import { freshServers } from "./support/stack.ts";

const databaseUrl = inject("databaseUrl");
const redisUrl = inject("redisUrl");

/** A place for documents, and how to leave nothing of it. */
interface Place {
  readonly environment: Environment;
  readonly remove: () => Promise<void>;
}

const sizes: { name: string; can: boolean; make: () => Promise<Place> }[] = [
  {
    name: "embedded Postgres",
    can: true,
    async make() {
      const dataDir = await makeEmbeddedFolder();
      return {
        environment: { POLYSEME_DATA_DIR: dataDir },
        remove: () => rm(dataDir, { recursive: true, force: true }),
      };
    },
  },
  {
    name: "a Postgres server",
    can: databaseUrl !== null && redisUrl !== null,
    async make() {
      const servers = await freshServers(databaseUrl ?? "", redisUrl ?? "");
      return { environment: servers.environment, remove: () => servers.drop() };
    },
  },
];

for (const { name, can, make } of sizes)
  describe.skipIf(!can)(`the backlog on ${name}`, () => {
    let place: Place;
    let backends: Backends;
    beforeAll(async () => {
      place = await make();
      backends = await openBackends(readConfig(place.environment).backend, {
        pid: process.pid,
        onError: () => undefined,
      });
    });
    afterAll(async () => {
      await backends.close();
      await place.remove();
    });
    beforeEach(async () => {
      await backends.database.query("delete from polyseme_store.documents");
      await backends.database.query("delete from polyseme_store.workers");
    });

    test("counts what waits in every collection in bytes, not characters, and leaves out what ended", async () => {
      const { database } = backends;
      expect(await readBacklog(database)).toEqual({
        pendingDocuments: 0,
        pendingTokens: 0,
        oldestPendingAgeSeconds: null,
        workers: 0,
        tokensPerSecond: 0,
        tokensPerSecondOfOne: null,
      });
      const [a, b] = [await collectionNamed("a"), await collectionNamed("b")];
      await push(a, ["x".repeat(400), "é".repeat(200)]);
      const [claimed, failed] = await push(b, ["y".repeat(4_000), "z".repeat(8_000)]);
      if (claimed === undefined || failed === undefined) throw new Error("Two were pushed");
      await claimDocuments(database, b.id, [claimed]);
      await failDocument(database, b.id, failed, { code: "unusable_text", message: "unusable" });
      await database.query(
        "update polyseme_store.documents set received_at = now() - interval '90 seconds' where id = 'a0'",
      );

      const backlog = await readBacklog(database);
      expect(backlog).toMatchObject({ pendingDocuments: 3, pendingTokens: (400 + 400 + 4_000) / 4 });
      expect(backlog.oldestPendingAgeSeconds).toBeGreaterThanOrEqual(90);
      expect(backlog.oldestPendingAgeSeconds).toBeLessThan(100);
      await recordHeartbeat(database, { id: "w", tokensPerSecond: 100 });
      expect(await collectionStatistics(database, b)).toMatchObject({
        documents: { queued: 0, embedding: 1, failed: 1 },
        backlogSeconds: 10,
      });
    });

    test("tells living workers from stopped and silent ones, and one worker's rate from that of all", async () => {
      const { database } = backends;
      await recordHeartbeat(database, { id: "fast", tokensPerSecond: 3_000 });
      await recordHeartbeat(database, { id: "slow", tokensPerSecond: 1_000 });
      await recordHeartbeat(database, { id: "new", tokensPerSecond: null });
      expect(await readBacklog(database)).toMatchObject({
        workers: 3,
        tokensPerSecond: 4_000,
        tokensPerSecondOfOne: 2_000,
      });
      await recordStop(database, "new");
      await recordStop(database, "fast");
      expect(await readBacklog(database)).toMatchObject({ workers: 1, tokensPerSecondOfOne: 1_000 });
      await silence("slow", "31 seconds");
      expect(await readBacklog(database)).toMatchObject({ workers: 0, tokensPerSecond: 0 });
    });

    test("the last rate outlives the workers that measured it, also when the next one has measured nothing yet", async () => {
      const { database } = backends;
      await recordHeartbeat(database, { id: "older", tokensPerSecond: 9_000 });
      await recordHeartbeat(database, { id: "last", tokensPerSecond: 1_000 });
      await silence("older", "3 hours");
      await silence("last", "2 hours");
      expect(await readBacklog(database)).toMatchObject({ workers: 0, tokensPerSecondOfOne: 1_000 });
      await recordHeartbeat(database, { id: "new", tokensPerSecond: null });
      expect(await readBacklog(database)).toMatchObject({ workers: 1, tokensPerSecondOfOne: 1_000 });
      const { rows } = await database.query<{ id: string }>("select id from polyseme_store.workers order by id");
      expect(rows.map(({ id }) => id)).toEqual(["last", "new"]);
    });

    test("can be read from an index alone", async () => {
      const { database } = backends;
      await push(await collectionNamed("a"), ["a text"]);
      const plan = await database.withTransaction(async (sql) => {
        // A handful of rows is read whole whatever the indexes; this asks what a large table would do.
        await sql.query("set local enable_seqscan = off");
        await sql.query("set local enable_bitmapscan = off");
        const lines: string[] = [];
        await readBacklog(explaining(sql, lines));
        return lines.join("\n");
      });
      expect(plan).toContain("Index Only Scan using documents_state");
    });

    async function collectionNamed(collection: string): Promise<Collection> {
      const chunking = { strategy: "sentence", maxTokens: 64, overlapTokens: 0 } as const;
      const wanted = { name: collection, language: null, model: "m", dimensions: 2, chunking };
      return (await ensureCollection(backends.database, wanted)).collection;
    }

    async function push(collection: Collection, texts: readonly string[]): Promise<readonly Accepted[]> {
      const incoming = texts.map((text, i) => ({
        document: { id: `${collection.name}${i}`, text, title: null, metadataJson: "{}", priority: 0 },
        job: i,
        ticket: "t",
        mayRepeat: false,
      }));
      const acceptance = await acceptDocuments(backends.database, {
        collectionId: collection.id,
        newTickets: ["t"],
        incoming,
      });
      return acceptance.kind === "written" ? acceptance.accepted : [];
    }

    async function silence(worker: string, forHowLong: string): Promise<void> {
      await backends.database.query(
        "update polyseme_store.workers set heartbeat_at = now() - $2::text::interval where id = $1",
        [worker, forHowLong],
      );
    }
  });

/** Runs nothing but collects the plans; the rows answered are those of the query itself. */
function explaining(sql: Sql, lines: string[]): Sql {
  return {
    async query<Row extends object>(text: string, params?: readonly unknown[]) {
      const plan = await sql.query<{ "QUERY PLAN": string }>(`explain ${text}`, params);
      lines.push(...plan.rows.map((row) => row["QUERY PLAN"]));
      return sql.query<Row>(text, params);
    },
  };
}

describe.skipIf(databaseUrl === null || redisUrl === null)("the metrics of separate services", () => {
  const services = useServices(databaseUrl, redisUrl);

  test("ingest alone says what waits and that nobody works; with a worker it says when it is done and how fast", async () => {
    const ingest = new HttpCaller((await services.start("ingest")).url);
    const { ticket } = await ingest.push("m", [
      { id: "1", text: "The bank raised its interest rates. ".repeat(10) },
      { id: "2", text: "We sat on the bank of the river and fished. ".repeat(10) },
    ]);
    // The door read the backlog when the push began, and rests before it reads again.
    await waitUntil("what waits is shown", async () => (await ingest.metric("polyseme_backlog_documents")) === 2);
    const tokens = (36 * 10 + 44 * 10) / 4;
    expect(await ingest.metric("polyseme_backlog_tokens")).toBe(tokens);
    expect(await ingest.metric("polyseme_backlog_worker_seconds")).toBe(tokens / 5_000);
    expect(await ingest.metric("polyseme_backlog_rate_measured")).toBe(0);
    expect(await metricText(ingest, "polyseme_backlog_seconds")).toBe("+Inf");
    expect(await ingest.metric("polyseme_workers")).toBe(0);

    const embedder = new HttpCaller((await services.start("embedder")).url);
    await ingest.settled(ticket);
    await waitUntil(
      "the worker told its rate",
      async () => (await ingest.metric("polyseme_backlog_rate_measured")) === 1,
    );
    expect(await ingest.metric("polyseme_backlog_tokens")).toBe(0);
    expect(await ingest.metric("polyseme_backlog_seconds")).toBe(0);
    expect(await ingest.metric("polyseme_workers")).toBe(1);
    expect(await ingest.metric("polyseme_workers_tokens_per_second")).toBeGreaterThan(100);
    // One that does not read the ledger for it says nothing, rather than zero.
    expect(await metricText(embedder, "polyseme_backlog_tokens")).toBeUndefined();
  });
});

async function metricText(http: HttpCaller, name: string): Promise<string | undefined> {
  const text = await (await fetch(`${http.url}/metrics`)).text();
  return new RegExp(`^${name} (.*)$`, "m").exec(text)?.[1];
}
