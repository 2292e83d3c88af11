import { loadOf, planDocuments, tokensOf, type Load } from "./chunks.ts";
import { choiceOption, numberOption, type BenchContext, type BenchOption } from "./context.ts";
import { modelFolder, modelsIn, type Model } from "./models.ts";
import { openRawEncoder, threadSetups, type RawEncoder, type ThreadSetup } from "./raw-encoder.ts";
import { showNumber } from "./report.ts";
import { corporaIn, readCorpus, type Corpus } from "./texts.ts";

/** A corpus on a model, as much of it as the encoder needs the wanted time for. */
export interface Combination {
  /** "tldr int8" and the like. */
  readonly name: string;
  readonly corpus: Corpus;
  readonly model: Model;
  readonly folder: string;
  readonly load: Load;
}

export const COMBINATION_OPTIONS: Readonly<Record<string, BenchOption>> = {
  corpora: { type: "string", help: "tldr, rust-book, sample; several with commas (default: those at hand)" },
  models: { type: "string", help: "int8, fp32; several with commas (default: those at hand)" },
  seconds: { type: "string", help: "about how long one run takes (default: 12)" },
};

/** At hand everywhere, so it may be asked for by name. */
const SHIPPED: readonly Corpus[] = ["sample"];
const PROBE_TOKENS = 12_000;
const PROBE_BUDGET = 512;

/** Every corpus on every model; a load is the same for everything that is measured on it in this invocation. */
export async function combinationsOf(context: BenchContext): Promise<Combination[]> {
  const seconds = numberOption(context, "seconds", 12);
  const found = corporaIn(context.sharedDir);
  const corpora = choiceOption(context, "corpora", [...found, ...SHIPPED], found);
  const models = choiceOption(context, "models", modelsIn(context.sharedDir));
  const combinations: Combination[] = [];
  for (const model of models) {
    const folder = await modelFolder(context, model);
    for (const corpus of corpora) {
      const documents = readCorpus(context.sharedDir, corpus);
      const planned = await planDocuments(folder, documents);
      const rate = await probeRate(folder, loadOf(documents, planned, PROBE_TOKENS));
      const load = loadOf(documents, planned, rate * seconds);
      context.log(`${corpus} ${model}: ${load.documents.length} documents, ${load.tokens} tokens`);
      const held = tokensOf(planned.flat());
      if (held < rate * seconds)
        context.log(`${corpus} holds ${held} tokens: a run takes ${showNumber(held / rate)} s`);
      combinations.push({ name: `${corpus} ${model}`, corpus, model, folder, load });
    }
  }
  return combinations;
}

/** A way to run the raw encoder. */
export interface RawWay {
  readonly setup: ThreadSetup;
  readonly budgetTokens: number;
}

/** Most tokens of a batch with its padding: what the caches of a core like, and both sides of it. */
export const BUDGETS = [256, 512, 1024, 2048] as const;

/** Measures a load in every way, one after the other, each `runs` times in turn, and tells of each rate. */
export async function sweep(
  folder: string,
  chunks: readonly Int32Array[],
  runs: number,
  tell: (way: RawWay, tokensPerSecond: number) => void,
): Promise<void> {
  for (let run = 0; run < runs; run += 1)
    for (const setup of threadSetups())
      await withRawEncoder(folder, setup, async (encoder) => {
        for (const budgetTokens of BUDGETS) tell({ setup, budgetTokens }, await encoder.measure(chunks, budgetTokens));
      });
}

export async function withRawEncoder<T>(
  folder: string,
  setup: ThreadSetup,
  work: (encoder: RawEncoder) => Promise<T>,
): Promise<T> {
  const encoder = await openRawEncoder(folder, setup);
  try {
    return await work(encoder);
  } finally {
    await encoder.close();
  }
}

async function probeRate(folder: string, { chunks }: Load): Promise<number> {
  const [setup = { workers: 1, intraOp: 1 }] = threadSetups();
  return withRawEncoder(folder, setup, (encoder) => encoder.measure(chunks, PROBE_BUDGET));
}
