import { makeLog, makeMetrics, PolysemeError } from "@polyseme/core";
import { makeCatalog, type Encoder, type EncoderRegistry } from "@polyseme/encoder";
import { acceptDocuments, ensureCollection, type Collection, type Database } from "@polyseme/store";
import { makeFormsOf } from "@polyseme/words";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { makeChunkWriter } from "../services/embedder/src/chunk-writer.ts";
import { makeClaimKeeper } from "../services/embedder/src/claim-keeper.ts";
import { AT_ONCE } from "../services/embedder/src/in-turn.ts";
import { runEmbedJob, type EmbedJobDeps } from "../services/embedder/src/embed-job.ts";
import { makeTokenPermits } from "../services/embedder/src/token-permits.ts";
import { openTestStore, type TestStore } from "./support/test-store.ts";

const databaseUrl = inject("databaseUrl");
const MODEL = "all-MiniLM-L6-v2";
const VECTOR = Float32Array.of(1, 0, 0);

describe.skipIf(databaseUrl === null)("a batch whose thread died", () => {
  let store: TestStore;
  let database: Database;
  let collection: Collection;
  const stop = new AbortController();
  const quarantined: string[] = [];

  beforeAll(async () => {
    store = await openTestStore(databaseUrl ?? "", 4);
    database = store.database;
    const chunking = { maxTokens: 64, overlapTokens: 0, strategy: "sentence" } as const;
    ({ collection } = await ensureCollection(database, {
      name: "threads",
      language: null,
      model: MODEL,
      dimensions: 3,
      chunking,
    }));
  });
  afterAll(() => store.close());

  /** An encoder whose thread dies with every text that is told `died`; the quarantine is one that knows the killer. */
  function depsWith(died: (text: string) => boolean): EmbedJobDeps {
    const log = makeLog("silent", "test");
    const metrics = makeMetrics({ processMetrics: false });
    const texts: string[] = [];
    const encoder = {
      info: { specialTokens: 2, prompts: { query: "", document: "" } },
      tokenizeIds: (given: readonly string[]) =>
        Promise.resolve(given.map((text) => ({ ids: Int32Array.of(texts.push(text) - 1), truncated: false }))),
      encode: ([index = 0]: Int32Array) =>
        died(texts[index] ?? "")
          ? Promise.reject(new PolysemeError("encode_failed", "its thread ended", { details: { workerDied: true } }))
          : Promise.resolve({ embedding: VECTOR, timing: { queuedMs: 0, encodeMs: 0 } }),
    } as unknown as Encoder;
    const encoders: EncoderRegistry = {
      catalog: makeCatalog({ defaultModel: MODEL, modelsDir: undefined }),
      get: () => Promise.resolve(encoder),
      loaded: () => [],
      close: () => Promise.resolve(),
    };
    return {
      database,
      encoders,
      writer: makeChunkWriter(database, metrics, () => 0),
      claims: makeClaimKeeper(database, log),
      permits: makeTokenPermits(1_000),
      inTurn: AT_ONCE,
      formsOf: makeFormsOf,
      quarantine: {
        embed({ text }) {
          quarantined.push(text);
          return text.includes("killer")
            ? Promise.reject(new PolysemeError("encoder_crashed", "It ended two processes."))
            : Promise.resolve([{ start: 0, end: text.length, text, tokens: 3, embedding: VECTOR }]);
        },
      },
      gate: { shut: () => undefined },
      log,
      metrics,
      abandon: stop.signal,
    };
  }

  async function run(texts: Readonly<Record<string, string>>, died: (text: string) => boolean) {
    const ids = Object.keys(texts);
    const outcome = await acceptDocuments(database, {
      collectionId: collection.id,
      newTickets: ["t"],
      incoming: ids.map((id) => ({
        document: { id, text: texts[id] ?? "", title: null, metadataJson: "{}", priority: 0 },
        job: 1,
        ticket: "t",
        mayRepeat: true,
      })),
    });
    if (outcome.kind !== "written") throw new Error(outcome.kind);
    quarantined.length = 0;
    await runEmbedJob(depsWith(died), {
      id: "j1-0",
      name: "documents",
      waitedMs: 0,
      collectionId: collection.id,
      documents: outcome.accepted,
    });
    const { rows } = await database.query<{ id: string; state: string; attempts: number; code: string | null }>(
      "select id, state, attempts, error_code as code from polyseme_store.documents where id = any($1) order by id",
      [ids],
    );
    return rows;
  }

  test("has its documents stored in the same attempt, all but the one that ends a process of its own too", async () => {
    const rows = await run({ a: "one", b: "the killer", c: "two", d: "safe" }, (text) => text !== "safe");
    expect(rows).toEqual([
      { id: "a", state: "stored", attempts: 1, code: null },
      { id: "b", state: "failed", attempts: 1, code: "encoder_crashed" },
      { id: "c", state: "stored", attempts: 1, code: null },
      { id: "d", state: "stored", attempts: 1, code: null },
    ]);
    expect(quarantined.sort()).toEqual(["one", "the killer", "two"]);
  });

  test("of one thread that lives sends nothing to quarantine", async () => {
    expect(await run({ e: "three" }, () => false)).toMatchObject([{ state: "stored" }]);
    expect(quarantined).toEqual([]);
  });
});
