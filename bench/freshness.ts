import pg from "pg";
import type { BenchContext, Benchmark } from "./context.ts";
import { median, percentile, type Figure } from "./report.ts";
import { expectAnswer, jsonRequest, RawConnection } from "./support/raw-http.ts";
import { isShort, SHORT } from "./support/short.ts";
import { withFolder, withStage } from "./support/stage.ts";
import { startServeAll } from "../test/support/processes.ts";

const WARM_UP = 5;
const WITHIN_MS = 10_000;

/** Of one document, in ms since its push began. */
interface Fresh {
  readonly answeredMs: number;
  /** When the transaction that stored it began, by the ledger. */
  readonly storedMs: number;
  readonly foundMs: number;
  /** How long the search took that found it. */
  readonly lastSearchMs: number;
}

interface Places {
  readonly pushUrl: string;
  readonly searchUrl: string;
  /** The ledger's time of storing, in ms since the epoch. */
  readonly storedAt: (id: string) => Promise<number>;
}

/** How soon a pushed document is found, nothing else at work; one client that pushes, then asks again and again. */
export const benchFreshness: Benchmark = {
  about: "one short document from its push until a search finds it, idle",
  options: SHORT,
  async run(context) {
    const documents = isShort(context) ? 30 : 100;
    const onServers = await runOnServers(context, documents);
    const embedded = await runEmbedded(context, documents);
    return [
      ...figuresOf("Redis + Postgres", onServers, { p50: 40, p99: 120 }),
      ...figuresOf("embedded", embedded, { p50: 120, p99: 400 }),
    ];
  },
};

function runOnServers(context: BenchContext, documents: number): Promise<Fresh[]> {
  return withStage(context, async (stage) => {
    const [ingest, api] = [await stage.start("ingest"), await stage.start("api")];
    await stage.start("embedder");
    const client = new pg.Client({ connectionString: stage.databaseUrl });
    await client.connect();
    try {
      return await measure(context, documents, {
        pushUrl: ingest.url,
        searchUrl: api.url,
        async storedAt(id) {
          const { rows } = await client.query<{ ms: number }>(
            "select (extract(epoch from stored_at) * 1000)::float8 as ms from polyseme_store.documents where id = $1",
            [id],
          );
          return rows[0]?.ms ?? NaN;
        },
      });
    } finally {
      await client.end();
    }
  });
}

function runEmbedded(context: BenchContext, documents: number): Promise<Fresh[]> {
  return withFolder(async (folder) => {
    const all = await startServeAll({ POLYSEME_DATA_DIR: folder, POLYSEME_LOG_LEVEL: "error" });
    context.atEnd(() => all.end("SIGKILL"));
    try {
      return await measure(context, documents, {
        pushUrl: all.url,
        searchUrl: all.url,
        async storedAt(id) {
          const answer = await fetch(`${all.url}/v1/collections/fresh/documents/${id}`);
          return Date.parse(((await answer.json()) as { storedAt: string }).storedAt);
        },
      });
    } finally {
      await all.end("SIGTERM");
    }
  });
}

async function measure(context: BenchContext, documents: number, places: Places): Promise<Fresh[]> {
  const push = await RawConnection.open(places.pushUrl);
  const search = await RawConnection.open(places.searchUrl);
  const fresh: Fresh[] = [];
  try {
    for (let i = 0; i < WARM_UP + documents; i += 1) {
      const one = await runOne(`d${i}`, push, search, places);
      if (i >= WARM_UP) fresh.push(one);
    }
  } finally {
    push.close();
    search.close();
  }
  context.log(`${documents} documents found`);
  return fresh;
}

async function runOne(id: string, push: RawConnection, search: RawConnection, places: Places): Promise<Fresh> {
  const text = `Note ${id}: the ${COLOURS[Number(id.slice(1)) % COLOURS.length] ?? ""} kettle number ${id} is on the stove.`;
  const pushRequest = jsonRequest("/v1/collections/fresh/documents", { id, text });
  const query = jsonRequest("/v1/collections/fresh/search", { query: text, k: 3 });
  const startedAt = performance.timeOrigin + performance.now();
  const started = performance.now();
  expectAnswer(await push.request(pushRequest), 202);
  const answeredMs = performance.now() - started;
  for (;;) {
    const asked = performance.now();
    const answer = expectAnswer(await search.request(query), 200) as { hits: { id: string }[] };
    const now = performance.now();
    if (answer.hits.some((hit) => hit.id === id)) {
      const storedMs = (await places.storedAt(id)) - startedAt;
      return { answeredMs, storedMs, foundMs: now - started, lastSearchMs: now - asked };
    }
    if (now - started > WITHIN_MS) throw new Error(`${id} was not found within ${WITHIN_MS} ms`);
  }
}

const COLOURS = ["red", "blue", "green", "yellow", "black", "white", "brown"];

function figuresOf(where: string, fresh: readonly Fresh[], reach: { p50: number; p99: number }): Figure[] {
  const found = fresh.map(({ foundMs }) => foundMs);
  const part = (name: string, pick: (one: Fresh) => number): Figure => ({
    name: `${where}: ${name}, median`,
    unit: "ms",
    values: [median(fresh.map(pick))],
    better: "lower",
  });
  return [
    { name: `${where}: found, p50`, unit: "ms", values: [percentile(found, 0.5)], reach: { atMost: reach.p50 } },
    { name: `${where}: found, p99`, unit: "ms", values: [percentile(found, 0.99)], reach: { atMost: reach.p99 } },
    part("push answered", ({ answeredMs }) => answeredMs),
    part("storing began", ({ storedMs }) => storedMs),
    part("the search that found it", ({ lastSearchMs }) => lastSearchMs),
  ];
}
