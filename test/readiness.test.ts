import { chmod, mkdtemp } from "node:fs/promises";
import { makeQuarantine, makeEmbedder, makeThroughput } from "@polyseme/embedder";
import { PolysemeError, readConfig } from "@polyseme/core";
import { openEncoders, type EncoderRegistry } from "@polyseme/encoder";
import { runProcess } from "@polyseme/http";
import pg from "pg";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, test } from "vitest";
import { startServers, stopServers } from "../infra/local/servers.ts";
import { readState } from "../infra/local/state.ts";
import { makeInferenceProbe } from "../packages/encoder/src/inference-probe.ts";
import { expectStatus, HttpCaller, waitUntil } from "./support/http.ts";
import { SERVERS_PREFIX } from "./support/servers.ts";
import { untilSomeStored, useServices } from "./support/services.ts";
import { QUICK_START } from "./support/stack.ts";

const databaseUrl = inject("databaseUrl");
const redisUrl = inject("redisUrl");

const WITHIN_MS = 10_000;

/** Polls as an orchestrator would; resolves with the milliseconds until `/readyz` said so, and why. */
async function untilReadiness(http: HttpCaller, ready: boolean, part: string): Promise<number> {
  const started = performance.now();
  await waitUntil(
    `${part} makes it ${ready ? "ready" : "not ready"}`,
    async () => {
      const { status, body } = await http.call("GET", "/readyz");
      const checks = body["checks"] as Record<string, string>;
      return status === (ready ? 200 : 503) && (checks[part] === "ok") === ready;
    },
    4 * WITHIN_MS,
  );
  return performance.now() - started;
}

const isAlive = async (http: HttpCaller): Promise<boolean> => (await http.call("GET", "/healthz")).status === 200;

describe.skipIf(databaseUrl === null || redisUrl === null)("with servers that come and go", () => {
  // Of its own: other tests run on the shared ones meanwhile.
  let dir: string;
  let own: { databaseUrl: string; redisUrl: string };
  const log = (): void => undefined;

  beforeAll(async () => {
    dir = await mkdtemp(`${SERVERS_PREFIX}${process.pid}-`);
    await chmod(dir, 0o755);
    own = await startServers({ dir, durability: "test", log });
  });
  afterAll(() => stopServers({ dir, log }));

  describe("an embedder", () => {
    const services = useServices(databaseUrl, () => own.redisUrl, { POLYSEME_ENCODER_THREADS: "1" });

    test(
      "is not ready within 10 s when Redis stops answering, and ready again after; alive all along",
      { timeout: 300_000 },
      async () => {
        const http = new HttpCaller((await services.start("embedder")).url);
        const redis = (await readState(dir))?.redis?.servers[0]?.pid ?? 0;
        await untilReadiness(http, true, "queue");
        process.kill(redis, "SIGSTOP");
        try {
          expect(await untilReadiness(http, false, "queue")).toBeLessThan(WITHIN_MS);
          expect(await isAlive(http)).toBe(true);
        } finally {
          process.kill(redis, "SIGCONT");
        }
        expect(await untilReadiness(http, true, "queue")).toBeLessThan(WITHIN_MS);
      },
    );

    test(
      "is not ready within 10 s when Postgres ends, and ready again after; alive all along",
      { timeout: 300_000 },
      async () => {
        const url = new URL(own.databaseUrl);
        const http = new HttpCaller((await services.start("embedder", { DATABASE_URL: url.href })).url);
        await untilReadiness(http, true, "database");
        const postgres = async (): Promise<number> => (await readState(dir))?.postgres?.pid ?? 0;
        // The immediate end: every session is cut.
        process.kill(await postgres(), "SIGQUIT");
        expect(await untilReadiness(http, false, "database")).toBeLessThan(WITHIN_MS);
        expect(await isAlive(http)).toBe(true);
        // On its data and its port of before.
        expect(await startServers({ dir, durability: "test", log })).toMatchObject({ databaseUrl: own.databaseUrl });
        expect(await untilReadiness(http, true, "database")).toBeLessThan(WITHIN_MS);
        expect(await isAlive(http)).toBe(true);
      },
    );

    test(
      "keeps what it has in hand while Postgres is away, and stores it in the same run when it is back",
      { timeout: 300_000 },
      async () => {
        const settings = { DATABASE_URL: own.databaseUrl };
        const [ingest, embedder] = await Promise.all([
          services.start("ingest", settings),
          services.start("embedder", settings),
        ]);
        const door = new HttpCaller(ingest.url);
        const documents = Array.from({ length: 600 }, (_, i) => ({
          id: `d${i}`,
          text: `${i}. ${"It tells of rivers, banks and the people who live beside them. ".repeat(8)}`,
        }));
        const { ticket } = await door.push("kept", documents);
        await untilSomeStored(door, ticket);
        process.kill((await readState(dir))?.postgres?.pid ?? 0, "SIGQUIT");
        await untilReadiness(new HttpCaller(embedder.url), false, "database");
        await startServers({ dir, durability: "test", log });
        expect(await door.settled(ticket)).toMatchObject({ stored: 600, failed: 0 });
        expect(embedder.log()).toContain("the ledger is not reached; trying again");
        expect(embedder.log()).not.toContain("the claim will run out");
        const client = new pg.Client({ connectionString: own.databaseUrl });
        await client.connect();
        const { rows } = await client.query<{ deaths: number; again: number }>(
          "select max(deaths)::int as deaths, count(*) filter (where attempts > 1)::int as again from polyseme_store.documents",
        );
        await client.end();
        const [row] = rows;
        expect(row?.deaths).toBeLessThanOrEqual(1);
        // A claim that was made but whose answer was cut off is found out when it runs out: a job's documents at most.
        expect(row?.again).toBeLessThanOrEqual(32);
      },
    );
  });
});

describe.skipIf(databaseUrl === null || redisUrl === null)("a busy or broken encoder", () => {
  const services = useServices(databaseUrl, redisUrl, { POLYSEME_ENCODER_THREADS: "1" });

  test("leaves the worker alive and ready while it encodes a document of 4 MB", { timeout: 300_000 }, async () => {
    const [ingest, embedder] = await Promise.all([services.start("ingest"), services.start("embedder")]);
    const http = new HttpCaller(embedder.url);
    const text = "The river winds through the valley and past the old mill. ".repeat(72_000);
    expect(text.length).toBeGreaterThan(4_000_000);
    await new HttpCaller(ingest.url).push("book", [{ id: "book", text }]);
    const latencies: number[] = [];
    let notReady: unknown[] = [];
    const encodedBefore = await http.metric("polyseme_encoder_tokens_total");
    await waitUntil(
      "the document is being encoded for a while",
      async () => {
        const started = performance.now();
        expect(await isAlive(http)).toBe(true);
        latencies.push(performance.now() - started);
        const { status, body } = await http.call("GET", "/readyz");
        notReady = status === 200 ? [] : [...notReady, body];
        // A single one may come of a machine that has no time to answer; no orchestrator takes a pod off for that.
        expect(notReady.slice(1)).toEqual([]);
        return (await http.metric("polyseme_encoder_tokens_total")) - encodedBefore > 25_000;
      },
      240_000,
    );
    expect(latencies.length).toBeGreaterThan(10);
    expect(Math.max(...latencies)).toBeLessThan(1_000);
  });

  describe("that breaks in the middle of its life", () => {
    const stop = new AbortController();
    let isBroken = false;
    let looks = 0;
    let running: Promise<void> | undefined;

    beforeEach(() => {
      isBroken = false;
      looks = 0;
    });
    afterEach(async () => {
      stop.abort();
      await running;
    });

    /** The real encoder with a switch. */
    function breakable(encoders: EncoderRegistry): EncoderRegistry {
      const gone = new PolysemeError("model_unavailable", "the switch is off");
      return {
        ...encoders,
        async get(name) {
          if (isBroken) throw gone;
          const encoder = await encoders.get(name);
          return {
            ...encoder,
            get failure() {
              return isBroken ? gone : undefined;
            },
            encode: (ids, options) => (isBroken ? Promise.reject(gone) : encoder.encode(ids, options)),
          };
        },
      };
    }

    async function startBreakable(): Promise<HttpCaller> {
      const config = readConfig({
        ...QUICK_START,
        ...services.servers.environment,
        POLYSEME_PORT: "0",
        POLYSEME_LOG_LEVEL: "silent",
      });
      const url = await new Promise<string>((resolve, reject) => {
        running = runProcess(
          { config, pid: process.pid, signals: { stop: stop.signal, abandon: stop.signal }, onListening: resolve },
          {
            name: "embedder",
            defaultPort: 0,
            unbuiltRoutes: [],
            async makeParts(context) {
              const { encoders, closeStep } = await openEncoders(config, { ...context, work: "queries" });
              const switched = breakable(encoders);
              const probe = makeInferenceProbe(switched, () => performance.now());
              const inference = {
                ...probe,
                check() {
                  looks += 1;
                  return probe.check();
                },
              };
              const quarantine = makeQuarantine({ settings: config, log: context.log });
              const throughput = makeThroughput(1);
              return {
                services: [makeEmbedder({ ...context, encoders: switched, inference, throughput, quarantine })],
                closeSteps: [closeStep],
              };
            },
          },
        );
        running.catch(reject);
      });
      return new HttpCaller(url);
    }

    test(
      "makes the worker not ready and leaves the jobs in the queue until it works again, and no document fails",
      { timeout: 300_000 },
      async () => {
        const DOCUMENTS = 1_600;
        /** Jobs that a worker has in hand at most, each of up to 32 documents. */
        const IN_HAND = 16 * 32;
        const ingest = new HttpCaller((await services.start("ingest")).url);
        const http = await startBreakable();
        await untilReadiness(http, true, "inference");
        isBroken = true;
        const documents = Array.from({ length: DOCUMENTS }, (_, i) => ({ id: `d${i}`, text: `Text ${i}.` }));
        const { ticket } = await ingest.push("breaks", documents);
        expect(await untilReadiness(http, false, "inference")).toBeLessThan(WITHIN_MS);
        expect(await isAlive(http)).toBe(true);
        looks = 0;
        // Nobody asks for its readiness, so these are the worker's own tries, each two seconds after the last.
        await waitUntil("the worker has looked at its model again and again", () => Promise.resolve(looks >= 5));
        const given = async (): Promise<number> => http.metric("polyseme_documents_finished_total");
        expect(await given()).toBeLessThanOrEqual(IN_HAND);
        expect(await ingest.metric("polyseme_queue_jobs")).toBeGreaterThanOrEqual((DOCUMENTS - IN_HAND) / 32);
        isBroken = false;
        expect(await untilReadiness(http, true, "inference")).toBeLessThan(WITHIN_MS);
        expect(await ingest.settled(ticket)).toMatchObject({ stored: DOCUMENTS, failed: 0 });
        const attempts = expectStatus(await ingest.call("GET", `/v1/tickets/${ticket}`), 200) as {
          failures: unknown[];
        };
        expect(attempts.failures).toEqual([]);
      },
    );
  });
});
