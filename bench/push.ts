import type { BenchContext, Benchmark } from "./context.ts";
import { percentile, type Figure } from "./report.ts";
import { lineTemplates, lineWithId, ndjsonBytes, ndjsonChunks, templateOf } from "./support/documents.ts";
import { expectAnswer, RawConnection, requestHead, runConcurrently } from "./support/raw-http.ts";
import { isShort, SHORT } from "./support/short.ts";
import { withStage, type Stage } from "./support/stage.ts";
import { describeCpu, withCpuUse } from "./support/usage.ts";

const DOCUMENT_BYTES = 500;
const AT_ONCE = 64;
/** Compiles the server's code and fills its pools; not counted. */
const WARM_UP = 2_000;

interface PushRun {
  readonly streamed: number;
  readonly single: number;
  readonly latenciesMs: readonly number[];
  readonly generatorShare: number;
}

/** Durable 202s, no embedder running: one long NDJSON stream, and many small requests. */
export const benchPush: Benchmark = {
  about: "durable 202s: one NDJSON stream, and single documents at 64 at once",
  options: SHORT,
  async run(context) {
    const sizes = isShort(context) ? { streamed: 30_000, single: 6_000 } : { streamed: 100_000, single: 20_000 };
    const runs: PushRun[] = [];
    for (let run = 1; run <= (context.runs ?? (isShort(context) ? 1 : 3)); run += 1)
      runs.push(await withStage(context, (stage) => runOnce(context, stage, sizes)));
    return figuresOf(runs);
  },
};

async function runOnce(
  context: BenchContext,
  stage: Stage,
  sizes: { streamed: number; single: number },
): Promise<PushRun> {
  const ingest = await stage.start("ingest");
  const who = { ...stage, processes: { ingest: ingest.pid } };
  const templates = lineTemplates(context, DOCUMENT_BYTES);
  const pushOne = async (collection: string, connection: RawConnection, number: number): Promise<void> => {
    const document = lineWithId(templateOf(templates, number), number);
    const head = Buffer.from(requestHead(pathOf(collection), "application/json", document.length));
    expectAnswer(await connection.request(Buffer.concat([head, document])), 202);
  };
  await runConcurrently(ingest.url, { calls: WARM_UP, connections: AT_ONCE }, (connection, number) =>
    pushOne("warm-up", connection, number),
  );

  const stream = await withCpuUse(who, async () => {
    const connection = await RawConnection.open(ingest.url);
    const head = requestHead(pathOf("streamed"), "application/x-ndjson", ndjsonBytes(templates, sizes.streamed));
    const started = performance.now();
    const answer = expectAnswer(await connection.stream(head, ndjsonChunks(templates, sizes.streamed)), 202);
    const seconds = (performance.now() - started) / 1_000;
    connection.close();
    if (answer["accepted"] !== sizes.streamed) throw new Error(`Accepted ${String(answer["accepted"])} documents`);
    return seconds;
  });
  const streamed = sizes.streamed / stream.result;
  context.log(`stream: ${Math.round(streamed)} documents/s; ${describeCpu(stream.cpu, stream.seconds)}`);

  const calls = await withCpuUse(who, () =>
    runConcurrently(ingest.url, { calls: sizes.single, connections: AT_ONCE }, (connection, number) =>
      pushOne("single", connection, number),
    ),
  );
  const { latenciesMs, seconds } = calls.result;
  const single = sizes.single / seconds;
  context.log(`single: ${Math.round(single)} documents/s; ${describeCpu(calls.cpu, calls.seconds)}`);
  return { streamed, single, latenciesMs, generatorShare: (calls.cpu["generator"] ?? 0) / calls.seconds };
}

function pathOf(collection: string): string {
  return `/v1/collections/${collection}/documents`;
}

function figuresOf(runs: readonly PushRun[]): Figure[] {
  const of = (pick: (run: PushRun) => number): number[] => runs.map(pick);
  return [
    {
      name: "NDJSON stream, first byte until the 202",
      unit: "documents/s",
      values: of(({ streamed }) => streamed),
      reach: { atLeast: 15_000 },
    },
    {
      name: `single documents, ${AT_ONCE} at once`,
      unit: "documents/s",
      values: of(({ single }) => single),
      reach: { atLeast: 2_500 },
    },
    {
      name: "single documents, p50",
      unit: "ms",
      values: of(({ latenciesMs }) => percentile(latenciesMs, 0.5)),
      better: "lower",
    },
    {
      name: "single documents, p99",
      unit: "ms",
      values: of(({ latenciesMs }) => percentile(latenciesMs, 0.99)),
      better: "lower",
    },
    {
      name: "the load generator's own CPU, single documents",
      unit: "of one core",
      values: of(({ generatorShare }) => generatorShare),
      better: "lower",
    },
  ];
}
