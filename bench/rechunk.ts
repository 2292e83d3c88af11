import { numberOption, type BenchContext, type Benchmark } from "./context.ts";
import type { Figure } from "./report.ts";
import { isShort, SHORT } from "./support/short.ts";
import { withStage, type Stage } from "./support/stage.ts";
import { corporaIn, readCorpus, type BenchDocument } from "./texts.ts";
import { HttpCaller, expectStatus, waitUntil } from "../test/support/http.ts";

const COLLECTION = "rechunk";
const WITHIN_MS = 20 * 60_000;
/** Each look counts documents; many a second would take a tenth of the cores. */
const LOOK_EVERY_MS = 100;

interface Change {
  readonly documents: number;
  readonly seconds: number;
  readonly runs: number;
  readonly method: string;
}

/** A collection with late chunks and stored token vectors gets other chunks, against the same by the encoder. */
export const benchRechunk: Benchmark = {
  about: "other chunks from stored token vectors, against embedding again",
  options: { ...SHORT, documents: { type: "string", help: "documents of the corpus (default: all)" } },
  async run(context) {
    const corpus = corporaIn(context.sharedDir)[0] ?? "sample";
    const documents = readCorpus(
      context.sharedDir,
      corpus,
      numberOption(context, "documents", isShort(context) ? 500 : 1e9),
    );
    return withStage(context, (stage) => measure(context, stage, documents));
  },
};

async function measure(context: BenchContext, stage: Stage, documents: readonly BenchDocument[]): Promise<Figure[]> {
  const [ingest, api] = await Promise.all([stage.start("ingest"), stage.start("api")]);
  const [door, reader] = [new HttpCaller(ingest.url), new HttpCaller(api.url)];
  // What is there before does not matter: vectors that cost nothing.
  // Or a graph would be measured and built for one generation while the next is filled.
  expectStatus(await reader.call("PUT", `/v1/collections/${COLLECTION}`, { index: { vector: "exact" } }), 201);
  const instant = await stage.start("instant-embedder");
  await door.settled((await door.push(COLLECTION, documents)).ticket, WITHIN_MS);
  await instant.end("SIGTERM");
  const embedder = new HttpCaller((await stage.start("embedder")).url);
  const change = (settings: unknown): Promise<Change> => migrate(reader, embedder, settings);

  const reembed = await change({ lateChunking: true, tokenVectors: "int8", chunking: { maxTokens: 128 } });
  context.log(describe("embedded again", reembed));
  const rechunk = await change({ chunking: { maxTokens: 64 } });
  context.log(describe("chunked again", rechunk));
  const dropped = await change({ chunking: { maxTokens: 128 }, tokenVectors: "none" });
  context.log(describe("chunked again, token vectors dropped", dropped));
  for (const { method } of [rechunk, dropped])
    if (method !== "rechunk") context.fail(`The token vectors were not used (method: ${method})`);
  return [
    { name: "embedded again with token vectors", unit: "s", values: [reembed.seconds], better: "lower" },
    { name: "chunked again from them", unit: "s", values: [rechunk.seconds], better: "lower" },
    {
      name: "chunked again, documents",
      unit: "documents/s",
      values: [rechunk.documents / rechunk.seconds],
    },
    { name: "chunked again, token vectors dropped", unit: "s", values: [dropped.seconds], better: "lower" },
    { name: "runs of the encoder while chunked again", unit: "runs", values: [rechunk.runs], reach: { atMost: 0 } },
    {
      name: "chunked again, against embedded again",
      unit: "x as fast",
      kind: "ratio",
      values: [reembed.seconds / rechunk.seconds],
      reach: { atLeast: 20 },
    },
  ];
}

/** From the request until all documents are in the new generation, which is made the live one then. */
async function migrate(api: HttpCaller, embedder: HttpCaller, settings: unknown): Promise<Change> {
  const path = `/v1/collections/${COLLECTION}`;
  const runsBefore = await embedder.metric("polyseme_encoder_runs_total");
  const startedMs = performance.now();
  expectStatus(await api.call("POST", `${path}/migrate`, settings), 202);
  const ended = await waitUntil(
    "the migration is ready",
    async () => {
      const { body } = await api.call("GET", `${path}/migration`);
      return body["state"] === "ready" ? body : undefined;
    },
    WITHIN_MS,
    LOOK_EVERY_MS,
  );
  const seconds = (performance.now() - startedMs) / 1_000;
  const { done, failed } = ended["documents"] as { done: number; failed: number };
  if (failed > 0) throw new Error(`${failed} documents failed: ${JSON.stringify(ended["failures"])}`);
  const runs = (await embedder.metric("polyseme_encoder_runs_total")) - runsBefore;
  expectStatus(await api.call("POST", `${path}/migration/cutover`, {}), 200);
  return { documents: done, seconds, runs, method: String(ended["method"]) };
}

function describe(what: string, { documents, seconds, runs }: Change): string {
  return `${what}: ${documents} documents in ${seconds.toFixed(1)} s, ${runs} runs of the encoder`;
}
