import { readFile, rm } from "node:fs/promises";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { POISON, writePoisonedModel } from "./fixtures/encoder/poisoned-model.ts";
import { HttpCaller, waitUntil } from "./support/http.ts";
import type { ServiceProcess } from "./support/processes.ts";
import { useServices } from "./support/services.ts";
import { startEmbeddedStack, startServerStack, type TestStack } from "./support/stack.ts";

const databaseUrl = inject("databaseUrl");
const redisUrl = inject("redisUrl");

describe("one document among 64 that the model cannot take", () => {
  let folder: string;
  let stack: TestStack;

  beforeAll(async () => {
    folder = await writePoisonedModel();
    // One thread with room for all of them, so that they are in one batch but for those that come before the rest.
    const settings = { POLYSEME_MODEL: folder, POLYSEME_ENCODER_THREADS: "1", POLYSEME_BATCH_TOKENS: "2048" };
    stack =
      databaseUrl === null || redisUrl === null
        ? await startEmbeddedStack(settings)
        : await startServerStack(databaseUrl, redisUrl, settings);
  });
  afterAll(async () => {
    await stack.stop();
    await rm(folder, { recursive: true, force: true });
  });

  const textOf = (i: number, word = "horse"): string => `The ${word} of farm number ${i} grazes.`;
  const runs = async (): Promise<{ good: number; failed: number }> => ({
    good: await stack.http.metric("polyseme_encoder_runs_total"),
    failed: await stack.http.metric("polyseme_encoder_failed_runs_total"),
  });

  /** Pushes 64 documents, the 41st with `word`, and tells how many runs it took. */
  async function push64(collection: string, word: string) {
    const before = await runs();
    const documents = Array.from({ length: 64 }, (_, i) => ({
      id: `d${i}`,
      text: textOf(i, i === 40 ? word : "horse"),
    }));
    const { ticket } = await stack.http.push(collection, documents);
    const status = await stack.http.settled(ticket);
    const after = await runs();
    return { status, good: after.good - before.good, failed: after.failed - before.failed };
  }
  const stateOf = async (collection: string, id: string) =>
    (await stack.http.call("GET", `/v1/collections/${collection}/documents/${id}`)).body;

  test.each([
    ["fails", POISON.fails.word, 12],
    ["nan", POISON.nan.word, 0],
  ])("with %s fails alone and at once; 63 are stored in the same attempt", async (name, word, mostExtra) => {
    const healthy = await push64(`healthy-${name}`, "horse");
    expect(healthy).toMatchObject({ status: { stored: 64 }, failed: 0 });
    const poisoned = await push64(`poisoned-${name}`, word);
    expect(poisoned.status).toMatchObject({ stored: 63, failed: 1, failures: [{ id: "d40", code: "encode_failed" }] });
    // How 64 documents fall into batches may differ by one from push to push.
    expect(poisoned.good + poisoned.failed - healthy.good).toBeLessThanOrEqual(mostExtra + 1);
    expect(await stateOf(`poisoned-${name}`, "d40")).toMatchObject({ state: "failed", attempts: 1 });
    const attempts = await Promise.all(
      Array.from({ length: 64 }, async (_, i) => (await stateOf(`poisoned-${name}`, `d${i}`))["attempts"]),
    );
    expect(new Set(attempts)).toEqual(new Set([1]));
    expect((await stack.http.call("GET", `/v1/failures?collection=poisoned-${name}`)).body).toMatchObject({
      total: 1,
      failures: [{ id: "d40", attempts: 1, error: { code: "encode_failed" } }],
    });
  });

  test("fails again after a redrive, once, and is not tried for ever", async () => {
    const { ticket } = await stack.http.push("again", [{ id: "z", text: textOf(1, POISON.fails.word) }]);
    expect(await stack.http.settled(ticket)).toMatchObject({ failed: 1 });
    const before = await runs();
    expect((await stack.http.call("POST", "/v1/failures/redrive", { collection: "again" })).body).toEqual({
      redriven: 1,
    });
    expect(await stack.http.settled(ticket)).toMatchObject({ failed: 1, pending: 0 });
    const after = await runs();
    expect(after.failed - before.failed).toBe(1);
    expect(await stateOf("again", "z")).toMatchObject({ state: "failed", attempts: 1 });
  });
});

describe.skipIf(databaseUrl === null || redisUrl === null)("a document whose worker dies each time", () => {
  const services = useServices(databaseUrl, redisUrl, { POLYSEME_ENCODER_THREADS: "1" });
  /** Long enough in work that a worker can be killed in the middle of it. */
  const LONG = { id: "long", text: "The river winds through the valley and past the old mill. ".repeat(12_000) };

  async function withSql<T>(work: (client: pg.Client) => Promise<T>): Promise<T> {
    const client = new pg.Client({ connectionString: services.servers.environment.DATABASE_URL });
    await client.connect();
    try {
      return await work(client);
    } finally {
      await client.end();
    }
  }
  const read = (): Promise<{ state: string; deaths: number }> =>
    withSql(async (client) => {
      const { rows } = await client.query<{ state: string; deaths: number }>(
        "select state, deaths from polyseme_store.documents where id = 'long'",
      );
      return rows[0] ?? { state: "missing", deaths: 0 };
    });
  /** What a worker's death leaves behind, without the wait for its claim to run out. */
  const endClaims = (): Promise<unknown> =>
    withSql((client) => client.query("update polyseme_store.documents set next_attempt_at = now()"));
  const untilInWork = (): Promise<unknown> =>
    waitUntil("the document is in work", async () => (await read()).state === "embedding");

  test("twice goes to quarantine, and is stored there when it lives", { timeout: 360_000 }, async () => {
    const ingest = await services.start("ingest");
    const http = new HttpCaller(ingest.url);
    const text = LONG.text.slice(0, 100_000);
    const { ticket } = await http.push("killed", [
      { ...LONG, text },
      { id: "other", text: "A neighbour." },
    ]);
    for (let deaths = 1; deaths <= 2; deaths += 1) {
      const embedder = await services.start("embedder");
      await untilInWork();
      await embedder.end("SIGKILL");
      await endClaims();
      await waitUntil("the death is counted", async () => (await read()).deaths === deaths);
    }
    const last = await services.start("embedder");
    expect(await http.settled(ticket)).toMatchObject({ stored: 2, failed: 0 });
    expect(last.log()).toContain("document goes to quarantine");
    expect(await read()).toEqual({ state: "stored", deaths: 0 });
  });

  test(
    "and whose process in quarantine dies twice too fails with encoder_crashed, and its worker goes on",
    {
      timeout: 360_000,
    },
    async () => {
      const ingest = await services.start("ingest");
      const http = new HttpCaller(ingest.url);
      const { ticket } = await http.push("poison", [LONG]);
      await withSql((client) => client.query("update polyseme_store.documents set deaths = 2"));
      const embedder = await services.start("embedder");
      const killed = new Set<number>();
      await waitUntil(
        "the document has failed",
        async () => {
          for (const pid of await childrenAtWork(embedder)) {
            killed.add(pid);
            process.kill(pid, "SIGKILL");
          }
          return (await read()).state === "failed";
        },
        // Sixteen core seconds of a process that shares its cores.
        300_000,
      );
      expect(killed.size).toBe(2);
      expect((await http.settled(ticket)).failures).toMatchObject([
        { id: "long", code: "encoder_crashed", message: expect.stringContaining("SIGKILL") as string },
      ]);
      const next = await http.push("poison", [{ id: "next", text: "The worker is well." }]);
      expect(await http.settled(next.ticket)).toMatchObject({ stored: 1 });
    },
  );
});

/** Ticks of processor time after which a quarantine process has surely opened its model: opening takes some 200 of them. */
const TICKS_AT_WORK = 800;

async function childrenAtWork({ pid }: ServiceProcess): Promise<number[]> {
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, "utf8").catch(() => "");
  const children = text
    .split(" ")
    .filter((part) => part !== "")
    .map(Number);
  const ticks = await Promise.all(
    children.map(async (child) => {
      const stat = await readFile(`/proc/${child}/stat`, "utf8").catch(() => "");
      const [utime = "0", stime = "0"] = stat
        .slice(stat.lastIndexOf(")") + 2)
        .split(" ")
        .slice(11, 13);
      return Number(utime) + Number(stime);
    }),
  );
  return children.filter((_, index) => (ticks[index] ?? 0) > TICKS_AT_WORK);
}
