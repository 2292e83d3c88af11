import pg from "pg";
import { numberOption, type BenchContext, type Benchmark } from "./context.ts";
import { percentile, type Figure } from "./report.ts";
import { isShort, SHORT } from "./support/short.ts";
import { withStage, type Stage } from "./support/stage.ts";
import { corporaIn, readCorpus, repeatedCorpus, type BenchDocument } from "./texts.ts";
import { HttpCaller, expectStatus, waitUntil, type HitAnswer } from "../test/support/http.ts";

const COLLECTION = "migrated";
const PATH = `/v1/collections/${COLLECTION}`;
const WITHIN_MS = 30 * 60_000;
const CHUNKS = 20_000;
const SEARCHERS = 4;
/** Half of a chunk of the old generation, so that most of the new one's begin or end elsewhere. */
const [OLD_TOKENS, NEW_TOKENS] = [64, 32] as const;

/**
 * A collection of late chunks with stored token vectors, made by the real encoder, gets other chunks while it is searched. The
 * migration itself regroups stored vectors, so its length says little of one that needs the encoder; that no search fails
 * or mixes two generations, the overlap and the way back are the same for both.
 */
export const benchMigrate: Benchmark = {
  about: "other chunks for a collection under search: failed and mixed answers, overlap, time to roll back",
  options: { ...SHORT, chunks: { type: "string", help: `chunks in the old generation (default: ${CHUNKS})` } },
  async run(context) {
    const wanted = numberOption(context, "chunks", isShort(context) ? 2_000 : CHUNKS);
    const [corpus = "sample"] = corporaIn(context.sharedDir);
    return withStage(context, (stage) => measure(context, stage, readCorpus(context.sharedDir, corpus), wanted));
  },
};

async function measure(
  context: BenchContext,
  stage: Stage,
  corpus: readonly BenchDocument[],
  wanted: number,
): Promise<Figure[]> {
  const [ingest, api] = await Promise.all([stage.start("ingest"), stage.start("api")]);
  const [door, reader] = [new HttpCaller(ingest.url), new HttpCaller(api.url)];
  const embedder = new HttpCaller((await stage.start("embedder")).url);
  const settings = { lateChunking: true, tokenVectors: "int8", chunking: { maxTokens: OLD_TOKENS } };
  expectStatus(await reader.call("PUT", PATH, settings), 201);
  const chunks = await fill(context, { door, reader }, corpus, wanted);
  const runsBefore = await embedder.metric("polyseme_encoder_runs_total");

  const searches = startSearches(reader, corpus.slice(0, 200).map(queryOf));
  const startedMs = performance.now();
  expectStatus(await reader.call("POST", `${PATH}/migrate`, { chunking: { maxTokens: NEW_TOKENS } }), 202);
  const ready = await untilMeasured(reader);
  const builtSeconds = (performance.now() - startedMs) / 1_000;
  const cutoverMs = await timed(async () => reader.call("POST", `${PATH}/migration/cutover`, {}));
  await searches.more(100);
  const rollbackMs = await timed(async () => reader.call("POST", `${PATH}/migration/rollback`));
  await searches.more(100);
  const answers = await searches.stop();
  const runs = (await embedder.metric("polyseme_encoder_runs_total")) - runsBefore;

  const places = await placesOf(stage.databaseUrl);
  const kinds = answers.flatMap(({ hits }) => (hits === undefined ? [] : [generationOf(hits, places)]));
  const count = (kind: Kind): number => kinds.filter((one) => one === kind).length;
  context.log(
    `${chunks} chunks; of ${answers.length} answers: ${count("old")} old, ${count("new")} new, ${count("either")} either`,
  );
  if (count("new") === 0 || count("old") === 0) context.fail("The searches saw one of the generations only");
  if (ready.overlap === null) context.fail(`No overlap before the cutover: ${ready.overlapReason}`);
  return [
    { name: "chunks in the old generation", unit: "chunks", values: [chunks], reach: { atLeast: wanted } },
    { name: "searches meanwhile", unit: "searches", values: [answers.length] },
    { name: "failed searches", unit: "searches", values: [answers.length - kinds.length], reach: { atMost: 0 } },
    { name: "answers of two generations", unit: "searches", values: [count("mixed")], reach: { atMost: 0 } },
    {
      name: "search, p50",
      unit: "ms",
      values: [
        percentile(
          answers.map(({ ms }) => ms),
          0.5,
        ),
      ],
      better: "lower",
    },
    {
      name: "search, p99",
      unit: "ms",
      values: [
        percentile(
          answers.map(({ ms }) => ms),
          0.99,
        ),
      ],
      better: "lower",
    },
    { name: "overlap@10 before the cutover, mean", unit: "share", values: [ready.overlap?.mean ?? NaN] },
    { name: "overlap@10 before the cutover, least", unit: "share", values: [ready.overlap?.least ?? NaN] },
    { name: "questions of the overlap", unit: "questions", values: [ready.overlap?.queries ?? 0] },
    { name: "built and measured under search", unit: "s", values: [builtSeconds], better: "lower" },
    { name: "runs of the encoder for it", unit: "runs", values: [runs], reach: { atMost: 0 } },
    { name: "cutover", unit: "ms", values: [cutoverMs], reach: { atMost: 1_000 } },
    { name: "rollback", unit: "ms", values: [rollbackMs], reach: { atMost: 1_000 } },
  ];
}

/** Pushes the corpus, over again where it is short, until there are so many chunks. */
async function fill(
  context: BenchContext,
  { door, reader }: { door: HttpCaller; reader: HttpCaller },
  corpus: readonly BenchDocument[],
  wanted: number,
): Promise<number> {
  let chunks = 0;
  for (let from = 0; chunks < wanted;) {
    // By what the ones before came to; at first a few, to see how many chunks they make.
    const perDocument = from === 0 ? 0 : chunks / from;
    const to = from + (perDocument === 0 ? 100 : Math.ceil((1.02 * (wanted - chunks)) / perDocument));
    const { ticket } = await door.push(COLLECTION, repeatedCorpus(corpus, to).slice(from));
    const { failed } = await door.settled(ticket, WITHIN_MS);
    if (failed > 0) throw new Error(`${failed} documents failed`);
    ({ chunks } = expectStatus(await reader.call("GET", PATH), 200) as { chunks: number });
    context.log(`${to} documents, ${chunks} chunks`);
    from = to;
  }
  return chunks;
}

interface Answer {
  readonly ms: number;
  /** Undefined: it failed. */
  readonly hits: readonly HitAnswer[] | undefined;
}

/** Searches one after the other in some lanes. */
function startSearches(api: HttpCaller, queries: readonly string[]) {
  const answers: Answer[] = [];
  let stopped = false;
  const lanes = Array.from({ length: SEARCHERS }, async (_, lane) => {
    for (let i = lane; !stopped; i += SEARCHERS) {
      const startedMs = performance.now();
      const body = { query: queries[i % queries.length], k: 10, group: i % 2 === 0 ? "chunk" : "document" };
      const hits = await api.search(COLLECTION, body).catch(() => undefined);
      answers.push({ ms: performance.now() - startedMs, hits });
    }
  });
  return {
    /** Resolves when so many more were answered. */
    async more(count: number): Promise<void> {
      const until = answers.length + count;
      await waitUntil(`${count} more searches`, () => Promise.resolve(answers.length >= until), 60_000);
    },
    async stop(): Promise<readonly Answer[]> {
      stopped = true;
      await Promise.all(lanes);
      return answers;
    },
  };
}

function queryOf({ text }: BenchDocument): string {
  return text.slice(0, 120).toWellFormed();
}

interface Ready {
  readonly state: string;
  readonly overlap: { readonly mean: number; readonly least: number; readonly queries: number } | null;
  readonly overlapReason: string | null;
}

async function untilMeasured(api: HttpCaller): Promise<Ready> {
  return waitUntil(
    "the new generation has caught up and is measured",
    async () => {
      const migration = expectStatus(await api.call("GET", `${PATH}/migration`), 200) as Ready;
      const isWaiting = migration.state !== "ready" || migration.overlapReason === "measuring";
      return isWaiting ? undefined : migration;
    },
    WITHIN_MS,
  );
}

async function timed(
  call: () => Promise<{ readonly status: number; readonly headers: Headers; readonly body: Record<string, unknown> }>,
): Promise<number> {
  const startedMs = performance.now();
  expectStatus(await call(), 200);
  return performance.now() - startedMs;
}

type Kind = "old" | "new" | "either" | "mixed";
type Places = readonly [old: ReadonlySet<string>, next: ReadonlySet<string>];

/** All chunks of both generations, each by its place in its document. */
async function placesOf(databaseUrl: string): Promise<Places> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    const of = async (generation: number): Promise<ReadonlySet<string>> => {
      const { rows } = await client.query<{ place: string }>(
        `select document_id || ' ' || ordinal || ' ' || start_offset || ' ' || end_offset as place
         from polyseme_store.chunks_1_${generation}`,
      );
      return new Set(rows.map(({ place }) => place));
    };
    return [await of(1), await of(2)];
  } finally {
    await client.end();
  }
}

/** Which generation an answer can be of; `either`: each of its chunks is in both. */
function generationOf(hits: readonly HitAnswer[], [old, next]: Places): Kind {
  const places = hits.map(({ id, chunk }) => `${id} ${chunk.ordinal} ${chunk.start} ${chunk.end}`);
  const [isOld, isNew] = [places.every((place) => old.has(place)), places.every((place) => next.has(place))];
  if (isOld && isNew) return "either";
  return isOld ? "old" : isNew ? "new" : "mixed";
}
