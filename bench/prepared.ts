import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { embedTexts, openEncoder } from "@polyseme/encoder";
import { agreementOf } from "../packages/encoder/src/prepare/compare-encoders.ts";
import { programArguments } from "../test/support/compiled.ts";
import { planDocuments } from "./chunks.ts";
import type { BenchContext, Benchmark } from "./context.ts";
import { folderOf, modelFolder } from "./models.ts";
import { openRawEncoder, type RawEncoder } from "./raw-encoder.ts";
import { median, type Figure } from "./report.ts";
import { dot } from "./support/encoded-uses.ts";
import { hasXquad, meanGain, readXquadParagraphs } from "./support/xquad.ts";
import { corporaIn, readCorpus } from "./texts.ts";

const ROUNDS = 12;
/** Most padded tokens of a batch: what the caches of a core like, and more. Each graph counts at its better one. */
const BUDGETS = [512, 1_024];
/** Some seconds of one graph. */
const CHUNKS_TIMED = 200;
const TEXTS_COMPARED = 1_000;
const PREPARE_WITHIN_MS = 600_000;

interface Graph {
  readonly name: string;
  readonly folder: string;
}

/** What `polyseme models prepare` makes of a float32 model, against that model and against another int8 graph of it. */
export const benchPrepared: Benchmark = {
  about: "what models prepare makes of all-MiniLM-L6-v2, against its fp32 and another int8 file: rate, cosine, nDCG@10",
  async run(context) {
    const shared = join(context.sharedDir, "models", "all-MiniLM-L6-v2");
    const floatFile = join(shared, "onnx", "model.onnx");
    if (!existsSync(floatFile)) throw new Error(`${floatFile} is needed; say where with --shared.`);
    const fp32 = { name: "fp32", folder: await modelFolder(context, "fp32") };
    const prepared = { name: "prepared", folder: await prepare(context, fp32.folder) };
    const otherFile = join(shared, "onnx", "model_int8.onnx");
    const others = existsSync(otherFile) ? [{ name: "other int8", folder: await folderOf(context, otherFile) }] : [];
    return [
      ...(await rateFigures(context, prepared, [fp32, ...others])),
      ...(await agreementFigures(context, fp32, [prepared, ...others])),
      ...(await gainFigures(context, [fp32, prepared, ...others])),
    ];
  },
};

/** As a user does, by the command, on the texts that it brings along. */
async function prepare(context: BenchContext, folder: string): Promise<string> {
  const parent = await mkdtemp(join(tmpdir(), "polyseme-bench-prepared-"));
  context.atEnd(() => rm(parent, { recursive: true, force: true }));
  const out = join(parent, "all-MiniLM-L6-v2");
  const command = [...programArguments("packages/cli/src/main.ts"), "models", "prepare", folder, "--out", out];
  const { stdout } = await promisify(execFile)(process.execPath, command, { timeout: PREPARE_WITHIN_MS });
  for (const line of stdout.trim().split("\n")) context.log(line);
  const [made, bundled] = await Promise.all([shaOf(out), shaOf(await modelFolder(context, "int8"))]);
  context.log(made === bundled ? "It is the bundled file, byte by byte." : "It is another file than the bundled one.");
  return out;
}

async function shaOf(folder: string): Promise<string> {
  const bytes = await readFile(join(folder, "onnx", "model_int8.onnx"));
  return createHash("sha256").update(bytes).digest("hex");
}

/** Raw onnxruntime-node, one thread a core, the graphs in turn: each round gives one ratio. */
async function rateFigures(context: BenchContext, prepared: Graph, others: readonly Graph[]): Promise<Figure[]> {
  const corpus = corporaIn(context.sharedDir)[0] ?? "sample";
  const documents = readCorpus(context.sharedDir, corpus);
  const every = Math.max(1, Math.floor(documents.length / CHUNKS_TIMED));
  const taken = documents.filter((_, n) => n % every === 0).slice(0, CHUNKS_TIMED);
  const chunks = (await planDocuments(prepared.folder, taken)).flat();
  const graphs = [prepared, ...others];
  const encoders: RawEncoder[] = [];
  const rates = graphs.map((): number[] => []);
  try {
    for (const { folder } of graphs)
      encoders.push(await openRawEncoder(folder, { workers: availableParallelism(), intraOp: 1 }));
    for (let round = 0; round < (context.runs ?? ROUNDS); round += 1) {
      const order = graphs.map((_, n) => (n + round) % graphs.length);
      for (const n of order) rates[n]?.push(await bestRate(encoders[n], chunks));
      context.log(graphs.map(({ name }, n) => `${name} ${Math.round(rates[n]?.at(-1) ?? NaN)} tokens/s`).join(", "));
    }
  } finally {
    await Promise.all(encoders.map((encoder) => encoder.close()));
  }
  const ratios = others.map(({ name }, n): Figure => ({
    name: `prepared ÷ ${name}, ${corpus}`,
    unit: "of the rates",
    kind: "ratio",
    values: (rates[0] ?? []).map((rate, round) => rate / (rates[n + 1]?.[round] ?? NaN)),
    reach: { atLeast: name === "fp32" ? 2 : 1.25 },
  }));
  return [...graphs.map(({ name }, n) => ({ name, unit: "tokens/s", values: rates[n] ?? [] })), ...ratios];
}

async function bestRate(encoder: RawEncoder | undefined, chunks: readonly Int32Array[]): Promise<number> {
  const rates: number[] = [];
  for (const budget of BUDGETS) rates.push((await encoder?.measure(chunks, budget)) ?? NaN);
  return Math.max(...rates);
}

async function agreementFigures(context: BenchContext, fp32: Graph, others: readonly Graph[]): Promise<Figure[]> {
  const texts = comparedTexts(context);
  const expected = await embeddingsOf(fp32, texts);
  const figures: Figure[] = [];
  for (const graph of others) {
    const { mean, least, worst } = agreementOf(texts, expected, await embeddingsOf(graph, texts));
    const farthest = JSON.stringify(worst.slice(0, 80));
    context.log(`${graph.name}: cosine ${mean.toFixed(5)}, least ${least.toFixed(4)}, of ${farthest}`);
    figures.push(
      {
        name: `${graph.name}: mean of ${texts.length} texts`,
        unit: "cosine",
        values: [mean],
        reach: { atLeast: 0.9985 },
      },
      { name: `${graph.name}: least`, unit: "cosine", values: [least], reach: { atLeast: 0.995 } },
    );
  }
  return figures;
}

/** From all corpora at hand, evenly. */
function comparedTexts({ sharedDir }: BenchContext): string[] {
  const corpora = corporaIn(sharedDir).map((corpus) => readCorpus(sharedDir, corpus));
  return corpora.flatMap((documents) => {
    const wanted = TEXTS_COMPARED / corpora.length;
    // Long documents are cut by the model: each part of one is another text.
    const parts = documents.flatMap(({ text }) => text.match(/[\s\S]{1,2000}/g) ?? []);
    const every = Math.max(1, Math.floor(parts.length / wanted));
    return parts.filter((_, n) => n % every === 0).slice(0, wanted);
  });
}

async function gainFigures(context: BenchContext, graphs: readonly Graph[]): Promise<Figure[]> {
  if (!hasXquad(context.sharedDir)) return [];
  const { documents, queries } = readXquadParagraphs(context.sharedDir);
  const figures: Figure[] = [];
  for (const graph of graphs) {
    const passages = await embeddingsOf(
      graph,
      documents.map(({ text }) => text),
    );
    const questions = await embeddingsOf(
      graph,
      queries.map(({ text }) => text),
    );
    const rankings = questions.map((question) => {
      const scores = passages.map((passage) => dot(passage, question));
      const ranked = [...documents.keys()].sort((a, b) => (scores[b] ?? 0) - (scores[a] ?? 0));
      return ranked.slice(0, 10).map((place) => documents[place]?.id ?? "");
    });
    const mean = meanGain(rankings, queries);
    context.log(`${graph.name}: nDCG@10 ${mean.toFixed(4)}`);
    figures.push({ name: `${graph.name}: xquad-en, ${queries.length} questions`, unit: "nDCG@10", values: [mean] });
  }
  const [float, prepared] = figures.map(({ values }) => median(values));
  const lost = { name: "prepared: nDCG@10 lost", unit: "of fp32", values: [(float ?? NaN) - (prepared ?? NaN)] };
  return [...figures, { ...lost, reach: { atMost: 0.003 } }];
}

async function embeddingsOf({ folder }: Graph, texts: readonly string[]): Promise<Float32Array[]> {
  const encoder = await openEncoder({ folder, threads: availableParallelism() });
  try {
    return await embedTexts(encoder, texts, { lane: "bulk" });
  } finally {
    await encoder.close();
  }
}
