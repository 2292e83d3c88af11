import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Polyseme, type CollectionSettings } from "@polyseme/client";
import { readQuestions } from "../packages/cli/src/eval/read-questions.ts";
import { measureRetrieval, type RetrievalReport } from "../packages/cli/src/eval/retrieval.ts";
import { MEASURES, titleOf } from "../packages/cli/src/eval/score-rankings.ts";
import { choiceOption, type BenchContext, type Benchmark } from "./context.ts";
import type { Figure } from "./report.ts";
import { startEmbedded } from "./services.ts";
import { estimateFigures } from "./support/estimate-figures.ts";
import { isShort, SHORT } from "./support/short.ts";
import { hasXquad, readXquadArticles, type LabelledCorpus, type XquadPlace } from "./support/xquad.ts";
import { readCorpus } from "./texts.ts";

const QUESTIONS = fileURLToPath(new URL("questions/rust-book.jsonl", import.meta.url));
const CHUNK_TOKENS = 64;
const K = 10;
const AT_ONCE = 4;
const SHORT_QUESTIONS = 15;
const LATE = "late";

const CORPORA = ["rust-book", "xquad"] as const;

/** Late chunking against plain chunking, as a user's own `polyseme eval` would compare them. */
export const benchLate: Benchmark = {
  about: "nDCG, recall and MRR of late against plain chunking, 64-token chunks, by document and by place of the answer",
  options: {
    ...SHORT,
    corpora: { type: "string", help: `of ${CORPORA.join(", ")}; all by default` },
    against: {
      type: "string",
      help: `what plain ${CHUNK_TOKENS}-token chunks are compared with: ${LATE}, or tokens a chunk`,
    },
  },
  async run(context) {
    const corpora = choiceOption(context, "corpora", CORPORA).filter((corpus) => isHere(context, corpus));
    const stack = await startEmbedded(context);
    const client = new Polyseme({ url: stack.url });
    const figures: Figure[] = [];
    for (const corpus of corpora) figures.push(...(await measureCorpus(context, client, corpus)));
    return figures;
  },
};

function isHere({ sharedDir, log }: BenchContext, corpus: (typeof CORPORA)[number]): boolean {
  const here = corpus === "xquad" ? hasXquad(sharedDir) : existsSync(join(sharedDir, "data", "rust-book.jsonl"));
  if (!here) log(`${corpus} is not in ${sharedDir} and is left out`);
  return here;
}

/** What questions ask for: a whole document, or the chunk in which the answer stands. */
interface Level {
  readonly name: string;
  readonly group: "document" | "chunk";
  readonly corpus: LabelledCorpus;
}

async function readLevels(context: BenchContext, corpus: (typeof CORPORA)[number]): Promise<Level[]> {
  const levels = await readWholeLevels(context, corpus);
  return isShort(context) ? levels.map((level) => ({ ...level, corpus: firstOf(level.corpus) })) : levels;
}

/** The first questions, and the documents that answer them: far easier to find among so few. */
function firstOf({ documents, questions }: LabelledCorpus): LabelledCorpus {
  const few = questions.slice(0, SHORT_QUESTIONS);
  return { questions: few, documents: documents.filter(({ id }) => few.some(({ grades }) => grades.has(id))) };
}

async function readWholeLevels(context: BenchContext, corpus: (typeof CORPORA)[number]): Promise<Level[]> {
  switch (corpus) {
    case "rust-book": {
      const { questions } = await readQuestions(QUESTIONS, undefined);
      const labelled = { documents: readCorpus(context.sharedDir, "rust-book"), questions };
      return [
        { name: "chapter", group: "document", corpus: labelled },
        { name: "chunk with the quote", group: "chunk", corpus: labelled },
      ];
    }
    case "xquad": {
      const by = (place: XquadPlace): LabelledCorpus => readXquadArticles(context.sharedDir, place);
      return [
        { name: "article", group: "document", corpus: by("paragraph") },
        { name: "chunk of the paragraph", group: "chunk", corpus: by("paragraph") },
        { name: "chunk with the answer's sentence", group: "chunk", corpus: by("sentence") },
      ];
    }
    default:
      throw new Error(`Unknown corpus ${String(corpus satisfies never)}`);
  }
}

async function measureCorpus(
  context: BenchContext,
  client: Polyseme,
  corpus: (typeof CORPORA)[number],
): Promise<Figure[]> {
  const levels = await readLevels(context, corpus);
  const other = otherSettings(context);
  const settings = [
    { name: `${corpus}-plain`, settings: { chunking: { maxTokens: CHUNK_TOKENS } } },
    { name: `${corpus}-${other.name}`, settings: other.settings },
  ];
  for (const { name, settings: of } of settings) await fill(context, client, name, of, levels[0]?.corpus);
  const figures: Figure[] = [];
  for (const { name, group, corpus: labelled } of levels) {
    const report = await measureRetrieval(
      client,
      settings.map((one) => ({ collection: one.name })),
      { questions: labelled.questions, withoutRelevant: 0 },
      { k: K, group, atOnce: AT_ONCE, signal: new AbortController().signal, onAnswer: () => undefined },
    );
    context.log(`${corpus}, ${name}: ${report.questions} questions asked`);
    figures.push(...figuresOf(`${corpus}, ${name}`, report, ["plain", other.name]));
  }
  return figures;
}

function otherSettings(context: BenchContext): { readonly name: string; readonly settings: CollectionSettings } {
  const against = context.options["against"] ?? LATE;
  if (against === LATE) return { name: LATE, settings: { chunking: { maxTokens: CHUNK_TOKENS }, lateChunking: true } };
  const maxTokens = Number(against);
  if (!Number.isInteger(maxTokens)) throw new Error(`--against must be ${LATE} or a number of tokens.`);
  return { name: `plain-${maxTokens}`, settings: { chunking: { maxTokens } } };
}

async function fill(
  context: BenchContext,
  client: Polyseme,
  name: string,
  settings: CollectionSettings,
  corpus: LabelledCorpus | undefined,
): Promise<void> {
  await client.collections.create(name, settings);
  const { ticket } = await client.push(name, corpus?.documents ?? []);
  const { stored, failed, tokens } = await ticket.wait();
  const { chunks } = await client.collections.get(name);
  context.log(`${name}: ${stored} documents, ${chunks} chunks, ${tokens} tokens`);
  if (failed > 0) context.fail(`${failed} documents of ${name} were not embedded`);
}

function figuresOf(of: string, report: RetrievalReport, names: readonly string[]): Figure[] {
  return MEASURES.flatMap((measure) => {
    const title = `${of}: ${titleOf(measure, report.k)}`;
    const means = report.settings.map(({ measures }, index) => ({
      name: `${title}, ${names[index] ?? ""}`,
      unit: "mean over questions",
      values: [measures[measure].mean],
    }));
    // One difference a level is enough to read; the other measures hardly ever say something else.
    const difference = measure === "ndcg" ? report.settings[1]?.difference?.[measure] : undefined;
    return [
      ...means,
      ...(difference === undefined
        ? []
        : estimateFigures(`${title}, ${names[1] ?? ""} - ${names[0] ?? ""}`, difference)),
    ];
  });
}
