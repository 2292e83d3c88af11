import { describe, expect, inject, test } from "vitest";
import { allowedCopies, makeHistory, type Operation } from "./history.ts";
import { checkDocuments, type ChunkRow, type DocumentRow } from "./checks.ts";
import { FAULT_KINDS } from "./kinds.ts";
import { planLoad } from "./plan-load.ts";
import { runRandom } from "./random-run.ts";
import { makeRandom } from "./random.ts";
import { describePlan, planFaults } from "./schedule.ts";
import { makeCopy } from "./texts.ts";

const hasServers = inject("databaseUrl") !== null && inject("redisUrl") !== null;
const seed = 9;
/** What a few seconds can show: kinds whose harm is short. The long series is `npm run test:faults`. */
const SHORT_KINDS = [
  "kill-embedder",
  "kill-ingest",
  "empty-redis",
  "kill-redis",
  "terminate-backends",
  "kill-postgres",
  "cut",
  "duplicate-jobs",
] as const;

describe.skipIf(!hasServers)("with faults in between", () => {
  test(
    "every accepted document ends stored at its newest content or failed with a code",
    { timeout: 170_000 },
    async () => {
      const report = await runRandom({
        seed,
        documents: 400,
        embedders: 2,
        kinds: SHORT_KINDS,
        faults: 4,
        loadMs: 6_000,
        signal: new AbortController().signal,
        note: () => undefined,
      });
      expect(report.breaches, `seed ${seed}\n${report.plan}`).toEqual([]);
      expect(report.stored).toBeGreaterThan(300);
    },
  );
});

describe("the fault runs' own judgement", () => {
  const push = (copy: number, fromMs: number, toMs: number): Operation => ({
    copy,
    effectiveFromMs: fromMs,
    overAtMs: toMs,
  });

  test("of operations one after the other the last one counts", () => {
    expect(allowedCopies([push(1, 0, 1), push(2, 2, 3)])).toEqual(new Set([2]));
    expect(allowedCopies([push(1, 0, 1), { copy: undefined, effectiveFromMs: 2, overAtMs: 3 }])).toEqual(
      new Set([undefined]),
    );
  });

  test("of operations at the same time any counts, and one whose answer was lost counts for ever", () => {
    expect(allowedCopies([push(1, 0, 5), push(2, 3, 8)])).toEqual(new Set([1, 2]));
    expect(allowedCopies([push(1, 0, Infinity), push(2, 3, 8)])).toEqual(new Set([1, 2]));
    expect(allowedCopies([push(1, 0, 1), { copy: 2, effectiveFromMs: undefined, overAtMs: Infinity }])).toEqual(
      new Set([1, 2]),
    );
  });

  test("a seed gives the same load and the same faults, another seed others", () => {
    const plans = [1, 1, 2].map((one) => {
      const random = makeRandom(one);
      const faults = planFaults(random.fork("faults"), { kinds: FAULT_KINDS, count: 6, withinMs: 9_000, embedders: 3 });
      return JSON.stringify([describePlan(faults), planLoad(random.fork("load"), 50)]);
    });
    expect(plans[0]).toBe(plans[1]);
    expect(plans[0]).not.toBe(plans[2]);
  });

  const [older, newer] = [1, 2].map((copy) => makeCopy(makeRandom(seed), "d", copy).text);
  const row = (text = newer ?? "", other: Partial<DocumentRow> = {}): DocumentRow => ({
    id: "d",
    state: "stored",
    text,
    error_code: null,
    revision: "2",
    stored_revision: "2",
    chunk_count: 1,
    ...other,
  });
  const chunk = (text = newer ?? "", other: Partial<ChunkRow> = {}): ChunkRow => ({
    document_id: "d",
    ordinal: 0,
    start_offset: 0,
    end_offset: text.length,
    text,
    ...other,
  });
  test.each([
    ["nothing", [row()], [chunk()], []],
    ["a document that is not there", [], [], ["lost"]],
    ["an older text", [row(older)], [chunk(older)], ["stale"]],
    ["a chunk of an older text", [row()], [chunk(older)], ["stale"]],
    ["a document that waits", [row(newer, { state: "queued" })], [chunk()], ["pending"]],
    ["one that failed without a code", [row(newer, { state: "failed" })], [], ["lost"]],
    ["one without chunks", [row()], [], ["lost"]],
    ["one whose end has no chunk", [row()], [chunk((newer ?? "").slice(0, 20))], ["lost"]],
    ["a chunk too many", [row()], [chunk(), chunk(newer, { ordinal: 1 })], ["doubled", "doubled"]],
    ["a chunk without a document", [row()], [chunk(), chunk(newer, { document_id: "e" })], ["undead"]],
  ] as const)("it sees %s", (_, rows, chunks, kinds) => {
    const history = makeHistory();
    history.add(["d"], () => push(1, 0, 1));
    history.add(["d"], () => push(2, 2, 3));
    expect(checkDocuments(history, rows, chunks).map(({ kind }) => kind)).toEqual(kinds);
  });

  test("it sees a deleted document that came back", () => {
    const history = makeHistory();
    history.add(["d"], () => push(2, 0, 1));
    history.add(["d"], () => ({ copy: undefined, effectiveFromMs: 2, overAtMs: 3 }));
    expect(checkDocuments(history, [row()], [chunk()]).map(({ kind }) => kind)).toEqual(["undead"]);
  });
});
