import pg from "pg";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { HttpCaller, waitUntil, type Answer } from "../support/http.ts";
import { embedJobsSeen, startRedisSet, type TestRedisSet } from "../support/redis-sets.ts";
import { untilSomeStored, useServices, type ServiceFixture } from "../support/services.ts";

const databaseUrl = inject("databaseUrl");
const redisUrl = inject("redisUrl");
const haveServers = databaseUrl !== null && redisUrl !== null;

const DOCUMENTS = 600;
const FAILOVER_MS = 15_000;
const LOAD_MS = 50_000;
/** A push asks the queue twice at most, and each time it answers or fails soon. */
const PUSH_MS = 6_000;

interface Doc {
  readonly id: string;
  readonly text: string;
}

function documents(count: number, name: string, repeats = 2): Doc[] {
  return Array.from({ length: count }, (_, i) => ({
    id: `${name}${i}`,
    text: `${name} ${i}. ${"It tells of rivers, banks and the people. ".repeat(repeats)}`,
  }));
}

async function inDatabase<T>(services: ServiceFixture, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: services.servers.environment.DATABASE_URL });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/** Chunks a document, which are all written in one statement or not at all: 1 for these short texts. */
async function expectStoredOnce(services: ServiceFixture, collection: string, count: number): Promise<void> {
  const { rows } = await inDatabase(services, (client) =>
    client.query<{ documents: number; chunks: number }>(
      `select count(distinct document_id)::int as documents, count(*)::int as chunks from polyseme."${collection}"`,
    ),
  );
  expect(rows[0]).toEqual({ documents: count, chunks: count });
}

/** What the reconciler waits for: nobody has claimed them for long. A test does not have that long. */
async function makeDue(services: ServiceFixture): Promise<void> {
  await inDatabase(services, (client) =>
    client.query("update polyseme_store.documents set next_attempt_at = now() where state = 'queued'"),
  );
}

async function storedBy(embedders: readonly { url: string }[]): Promise<number[]> {
  return Promise.all(embedders.map(({ url }) => new HttpCaller(url).metric("polyseme_documents_finished_total")));
}

interface Pushed {
  readonly answer: Answer;
  readonly tookMs: number;
}

/** Pushes four documents at a time until told to stop; answers what the door said. */
function keepPushing(http: HttpCaller, collection: string): { stop(): Promise<Pushed[]> } {
  let pushing = true;
  const pushed: Pushed[] = [];
  const path = `/v1/collections/${collection}/documents`;
  const done = (async () => {
    while (pushing) {
      const startedMs = performance.now();
      const answer = await http.call("POST", path, { documents: documents(4, `during${pushed.length}-`) });
      pushed.push({ answer, tookMs: performance.now() - startedMs });
    }
    return pushed;
  })();
  return {
    stop() {
      pushing = false;
      return done;
    },
  };
}

/** Kills a master in the middle of a load and expects that nothing is lost. */
async function loseMaster(services: ServiceFixture, set: TestRedisSet, victimPort?: number): Promise<void> {
  const [ingest, ...embedders] = await Promise.all([
    services.start("ingest"),
    services.start("embedder"),
    services.start("embedder"),
  ]);
  const http = new HttpCaller(ingest.url);
  const { ticket } = await http.push("failover", documents(DOCUMENTS, "before", 16));
  await untilSomeStored(http, ticket);
  const before = await set.masters();
  const victim = before.find(({ port }) => victimPort === undefined || port === victimPort);
  const pushing = keepPushing(http, "failover");
  process.kill(victim?.pid ?? 0, "SIGKILL");
  await waitUntil(
    "a replica has taken over",
    async () => {
      const now = await set.masters();
      return now.length === before.length && now.every(({ port }) => port !== victim?.port);
    },
    FAILOVER_MS,
  );
  const pushed = await pushing.stop();
  expect(Math.max(...pushed.map(({ tookMs }) => tookMs))).toBeLessThan(PUSH_MS);
  const statuses = pushed.map(({ answer }) => answer.status);
  expect(statuses.filter((status) => ![202, 429, 503].includes(status))).toEqual([]);
  const accepted = pushed.map(({ answer }) => answer).filter(({ status }) => status === 202);
  expect(accepted.length).toBeGreaterThan(1);
  // Pushed when all is well again: the workers still take jobs from the queue itself.
  const finishedBefore = await storedBy(embedders);
  const after = await http.push("after", documents(200, "after"));
  expect(await http.settled(after.ticket, LOAD_MS)).toMatchObject({ stored: 200, failed: 0 });
  await makeDue(services);
  expect(await http.settled(ticket, LOAD_MS)).toMatchObject({ total: DOCUMENTS, stored: DOCUMENTS, failed: 0 });
  for (const { body } of accepted)
    expect(await http.settled(String(body["ticket"]), LOAD_MS)).toMatchObject({ total: 4, stored: 4, failed: 0 });
  const finishedAfter = await storedBy(embedders);
  for (const [index, count] of finishedAfter.entries()) expect(count).toBeGreaterThan(finishedBefore[index] ?? 0);
  await expectStoredOnce(services, "failover", DOCUMENTS + 4 * accepted.length);
}

describe.skipIf(!haveServers)("several embedders on one Redis", () => {
  const services = useServices(databaseUrl, redisUrl);

  test("share the work, and each document is stored once", async () => {
    const [ingest, ...embedders] = await Promise.all([
      services.start("ingest"),
      services.start("embedder"),
      services.start("embedder"),
      services.start("embedder"),
    ]);
    const http = new HttpCaller(ingest.url);
    const { ticket } = await http.push("shared", documents(DOCUMENTS, "d", 8));
    expect(await http.settled(ticket, LOAD_MS)).toMatchObject({ stored: DOCUMENTS, failed: 0 });
    const finished = await storedBy(embedders);
    expect(finished.reduce((sum, count) => sum + count, 0)).toBe(DOCUMENTS);
    expect(Math.min(...finished)).toBeGreaterThan(0);
    await expectStoredOnce(services, "shared", DOCUMENTS);
  });
});

describe.skipIf(!haveServers)("fewer shards than before", () => {
  const settings = { POLYSEME_QUEUE_SHARDS: "4" };
  const services = useServices(databaseUrl, redisUrl, settings);

  test("lose nothing: what is in the shards that are gone comes through the others", async () => {
    const before = await services.start("ingest");
    const { ticket } = await new HttpCaller(before.url).push("fewer", documents(400, "d"));
    expect(await before.end("SIGTERM")).toMatchObject({ code: 0 });
    const one = { POLYSEME_QUEUE_SHARDS: "1" };
    const [ingest] = await Promise.all([services.start("ingest", one), services.start("embedder", one)]);
    const http = new HttpCaller(ingest.url);
    const stored = async (): Promise<number> =>
      Number((await http.call("GET", `/v1/tickets/${ticket}`)).body["stored"]);
    // Shard 0 is where it was; nobody looks into the other three.
    await waitUntil("the shard that stayed is empty", async () => {
      const inQueue = await http.metric("polyseme_queue_jobs");
      return inQueue === 0 && (await stored()) > 0;
    });
    expect(await stored()).toBeLessThan(400);
    await makeDue(services);
    expect(await http.settled(ticket, LOAD_MS)).toMatchObject({ total: 400, stored: 400, failed: 0 });
    await expectStoredOnce(services, "fewer", 400);
  });
});

describe.skipIf(!haveServers)("on a Redis Cluster of three masters, with four shards", () => {
  const shards = 4;
  let set: TestRedisSet | undefined;
  beforeAll(async () => {
    set = await startRedisSet("cluster");
  });
  afterAll(() => set?.stop());
  const current = (): TestRedisSet => {
    if (set === undefined) throw new Error("It is there inside a test only");
    return set;
  };
  const services = useServices(databaseUrl, () => current().redisUrl, { POLYSEME_QUEUE_SHARDS: `${shards}` });

  test("two embedders store each document once, and every master carried some of the jobs", async () => {
    const [ingest, api, ...embedders] = await Promise.all([
      services.start("ingest"),
      services.start("api"),
      services.start("embedder"),
      services.start("embedder"),
    ]);
    const http = new HttpCaller(ingest.url);
    const { ticket } = await http.push("spread", documents(DOCUMENTS, "d", 4));
    expect(await http.settled(ticket, LOAD_MS)).toMatchObject({ total: DOCUMENTS, stored: DOCUMENTS, failed: 0 });
    await expectStoredOnce(services, "spread", DOCUMENTS);
    const finished = await storedBy(embedders);
    expect(Math.min(...finished)).toBeGreaterThan(0);
    const seen = await embedJobsSeen(current(), services.servers.environment.POLYSEME_QUEUE_PREFIX, shards);
    expect(seen.size).toBe(3);
    expect((await new HttpCaller(api.url).search("spread", { query: "rivers", k: 5 })).length).toBe(5);
  });

  test("one node's address alone is refused with what to write instead", async () => {
    const [node = ""] = current().redisUrl.split(",");
    await expect(services.start("ingest", { REDIS_URL: node })).rejects.toThrow(/one node of a Redis Cluster/);
  });

  test("a master that is killed in the middle of a load loses no document", async () => {
    await loseMaster(services, current());
  });
});

describe.skipIf(!haveServers)("on a Redis that has sentinels", () => {
  let set: TestRedisSet | undefined;
  beforeAll(async () => {
    set = await startRedisSet("sentinel");
  });
  afterAll(() => set?.stop());
  const services = useServices(databaseUrl, () => set?.redisUrl ?? "");

  test("a master that is killed in the middle of a load loses no document", async () => {
    if (set === undefined) throw new Error("It is there inside a test only");
    await loseMaster(services, set);
  });
});
