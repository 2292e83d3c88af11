import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { HttpCaller } from "../test/support/http.ts";
import type { BenchContext, Benchmark } from "./context.ts";
import type { Figure } from "./report.ts";
import { lineTemplates } from "./support/documents.ts";
import { pushStream } from "./support/load.ts";
import { isShort, SHORT } from "./support/short.ts";
import { withStage } from "./support/stage.ts";
import { pushTexts } from "./support/texts-push.ts";
import { sampleRss } from "./support/usage.ts";
import { corporaIn, readCorpus, type BenchDocument } from "./texts.ts";

const ROUNDS = 3;
const WITHIN_MS = 900_000;
const LINE_BYTES = 2_000;
const STREAMED_BYTES = 1_000_000_000;
const SHORT_STREAMED_BYTES = 60_000_000;
/** As the images set it: glibc would otherwise keep a heap for each thread. */
const SETTINGS = { MALLOC_ARENA_MAX: "2" };

/** Whether memory stays flat: the embedder over all texts three times, ingest under one very long stream. */
export const benchMemory: Benchmark = {
  about: "resident memory of the embedder over all corpora three times, and of ingest under 1 GB of NDJSON",
  options: SHORT,
  async run(context) {
    return [...(await measureIngest(context)), ...(await measureEmbedder(context))];
  },
};

async function measureIngest(context: BenchContext): Promise<Figure[]> {
  const templates = lineTemplates(context, LINE_BYTES);
  const bytes = isShort(context) ? SHORT_STREAMED_BYTES : STREAMED_BYTES;
  const documents = Math.floor(bytes / LINE_BYTES);
  return withStage(context, async (stage) => {
    const ingest = await stage.start("ingest", SETTINGS);
    const started = performance.now();
    const { samples } = await sampleRss(ingest.pid, () => pushStream(ingest.url, "streamed", templates, documents));
    const seconds = (performance.now() - started) / 1_000;
    return [
      {
        name: "ingest: most, while NDJSON streams in",
        unit: "MB resident",
        values: [Math.max(...samples.map(({ mb }) => mb))],
        reach: { atMost: 250 },
      },
      { name: "ingest: streamed", unit: "MB of NDJSON", values: [(documents * (LINE_BYTES + 1)) / 1e6] },
      { name: "ingest: rate", unit: `documents/s of ${LINE_BYTES} bytes`, values: [documents / seconds] },
    ];
  });
}

/** Everything there is, long and short, in other letters too; in short form a part of each. */
function corpora(context: BenchContext): Record<string, BenchDocument[]> {
  const { sharedDir } = context;
  const [pages, characters] = isShort(context) ? [150, 60_000] : [Infinity, Infinity];
  const found: Record<string, BenchDocument[]> = {};
  for (const corpus of corporaIn(sharedDir))
    found[corpus] = readCorpus(sharedDir, corpus, corpus === "rust-book" ? Math.ceil(pages / 20) : pages);
  for (const name of ["xquad-en", "xquad-zh"]) {
    const file = join(sharedDir, "data", `${name}.json`);
    if (existsSync(file))
      found[name] = (JSON.parse(readFileSync(file, "utf8")) as { documents: BenchDocument[] }).documents
        .slice(0, pages)
        .map(({ id, text }) => ({ id, text }));
  }
  const book = join(sharedDir, "data", "moby-dick.txt");
  if (existsSync(book))
    found["moby-dick"] = [{ id: "moby-dick", text: readFileSync(book, "utf8").slice(0, characters) }];
  return found;
}

async function measureEmbedder(context: BenchContext): Promise<Figure[]> {
  const texts = corpora(context);
  return withStage(context, async (stage) => {
    const ingest = await stage.start("ingest", SETTINGS);
    const embedder = await stage.start("embedder", SETTINGS);
    const http = new HttpCaller(ingest.url);
    const { samples } = await sampleRss(embedder.pid, async () => {
      for (let round = 1; round <= ROUNDS; round += 1) {
        for (const [name, documents] of Object.entries(texts)) {
          const ticket = await pushTexts(ingest.url, `${name}-${round}`, documents);
          const status = await http.settled(ticket, WITHIN_MS);
          if (status.stored !== documents.length)
            context.fail(`${name}: stored ${status.stored} of ${documents.length}`);
        }
        context.log(`embedder: round ${round} of ${ROUNDS}`);
      }
    });
    const third = (index: number): number => {
      const until = samples.at(-1)?.atMs ?? 0;
      const part = samples.filter(({ atMs }) => Math.min(2, Math.floor((3 * atMs) / until)) === index);
      return part.reduce((sum, { mb }) => sum + mb, 0) / part.length;
    };
    const mb = (name: string, value: number, atMost?: number): Figure => ({
      name: `embedder: ${name}`,
      unit: "MB resident",
      values: [value],
      better: "lower",
      ...(atMost === undefined ? {} : { reach: { atMost } }),
    });
    return [
      mb("most, all corpora three times", Math.max(...samples.map((sample) => sample.mb)), 500),
      mb("mean of the first third", third(0)),
      mb("mean of the second third", third(1)),
      mb("mean of the last third", third(2)),
      {
        name: "embedder: last third ÷ second third",
        unit: "MB ÷ MB",
        values: [third(2) / third(1)],
        kind: "ratio",
        reach: { atMost: 1.05 },
      },
    ];
  });
}
