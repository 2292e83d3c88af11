import type { BenchContext, Benchmark } from "./context.ts";
import { type Figure } from "./report.ts";
import { lineTemplates, type LineTemplate } from "./support/documents.ts";
import { interleaved, ledgerNow, pushStream, steadyRate, waitStored, wholeRate } from "./support/load.ts";
import { profileArguments, summariseProfiles } from "./support/profile.ts";
import { isShort, SHORT } from "./support/short.ts";
import { withFolder, withStage } from "./support/stage.ts";
import { describeCpu, withCpuUse } from "./support/usage.ts";

const VARIANTS = ["words", "real"] as const;
type Variant = (typeof VARIANTS)[number];

/** Lines of 200 to 500 bytes, one chunk each. */
const MOST_BYTES = 500;
const SPREAD_BYTES = 300;
const WARM_UP = 2_000;
const WITHIN_MS = 180_000;

interface Rates {
  /** Pushed and stored at once: first byte until the last one is stored. */
  readonly overlapped: number;
  /** All queued before the embedder starts. */
  readonly drained: number;
}

/** Everything but the encoder: push, queue, claim, tokenise, write 384 dimensions a document. */
export const benchPlumbing: Benchmark = {
  about: "the pipeline with an encoder that costs nothing: what a GPU could be fed with",
  options: {
    ...SHORT,
    profile: { type: "boolean", help: "one more run under the CPU profiler, its top functions to standard error" },
  },
  async run(context) {
    const documents = isShort(context) ? 10_000 : 50_000;
    const templates = lineTemplates(context, MOST_BYTES, SPREAD_BYTES);
    const rounds = context.runs ?? (isShort(context) ? 1 : 3);
    const rates = await interleaved(context, rounds, VARIANTS, (variant) =>
      runOnce(context, variant, templates, documents),
    );
    if (context.options["profile"] === true) await profile(context, templates, documents);
    return VARIANTS.flatMap((variant) => figuresOf(variant, rates[variant]));
  },
};

async function runOnce(
  context: BenchContext,
  variant: Variant,
  templates: readonly LineTemplate[],
  documents: number,
): Promise<Rates> {
  const settings = { BENCH_TOKENIZER: variant };
  const overlapped = await withStage(context, async (stage) => {
    const ingest = await stage.start("ingest");
    const embedder = await stage.start("instant-embedder", settings);
    await pushStream(ingest.url, "warm-up", templates, WARM_UP);
    await waitStored(stage.databaseUrl, "warm-up", WARM_UP, WITHIN_MS);
    const startedMs = await ledgerNow(stage.databaseUrl);
    const measured = { ...stage, processes: { ingest: ingest.pid, embedder: embedder.pid } };
    const { result, cpu, seconds } = await withCpuUse(measured, async () => {
      await pushStream(ingest.url, "overlapped", templates, documents);
      return waitStored(stage.databaseUrl, "overlapped", documents, WITHIN_MS);
    });
    context.log(`${variant}, push and store: ${describeCpu(cpu, seconds)}`);
    return wholeRate(result, startedMs, "documents");
  });
  // On another database: in that one a graph of what was just stored would be built beside it, on the same cores.
  const drained = await withStage(context, async (stage) => {
    const ingest = await stage.start("ingest");
    await pushStream(ingest.url, "drained", templates, documents);
    const embedder = await stage.start("instant-embedder", settings);
    const measured = { ...stage, processes: { ingest: ingest.pid, embedder: embedder.pid } };
    const { result, cpu, seconds } = await withCpuUse(measured, () =>
      waitStored(stage.databaseUrl, "drained", documents, WITHIN_MS),
    );
    context.log(`${variant}, drain alone: ${describeCpu(cpu, seconds)}`);
    // From its first write on: how long a process takes to start is not the question.
    return steadyRate(result, "documents", { from: 0, to: 1 });
  });
  return { overlapped, drained };
}

/** Where the time goes in both processes; the profiler slows them, so this gives no rates. */
async function profile(context: BenchContext, templates: readonly LineTemplate[], documents: number): Promise<void> {
  for (const variant of VARIANTS)
    await withFolder((folder) =>
      withStage(context, async (stage) => {
        const place = (name: string): string[] => profileArguments(`${folder}/${name}`);
        const begun = performance.now();
        const ingest = await stage.start("ingest", {}, place("ingest"));
        const embedder = await stage.start("instant-embedder", { BENCH_TOKENIZER: variant }, place("embedder"));
        const startMs = performance.now() - begun;
        await pushStream(ingest.url, "profiled", templates, documents);
        await waitStored(stage.databaseUrl, "profiled", documents, WITHIN_MS);
        await Promise.all([ingest.end("SIGTERM"), embedder.end("SIGTERM")]);
        for (const name of ["embedder", "ingest"])
          for (const line of await summariseProfiles(`${folder}/${name}`, startMs))
            context.log(`${variant}, ${name}: ${line}`);
      }),
    );
}

function figuresOf(variant: Variant, runs: readonly Rates[]): Figure[] {
  const tokenizer = variant === "words" ? "instant tokenizer" : "the model's tokenizer";
  return [
    {
      name: `push and store at once, ${tokenizer}`,
      unit: "documents/s",
      values: runs.map(({ overlapped }) => overlapped),
      reach: { atLeast: 5_000 },
    },
    {
      name: `drain of a full queue, ${tokenizer}`,
      unit: "documents/s",
      values: runs.map(({ drained }) => drained),
      reach: { atLeast: 5_000 },
    },
  ];
}
