import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Polyseme, type PushDocument } from "@polyseme/client";
import { readQuestions } from "../packages/cli/src/eval/read-questions.ts";
import { measureRetrieval } from "../packages/cli/src/eval/retrieval.ts";
import { MEASURES, titleOf } from "../packages/cli/src/eval/score-rankings.ts";
import { outlineOf } from "../packages/cli/src/outline/outline.ts";
import { numberOption, type BenchContext, type Benchmark } from "./context.ts";
import type { Figure } from "./report.ts";
import { startEmbedded } from "./services.ts";
import { estimateFigures } from "./support/estimate-figures.ts";
import { isShort, SHORT } from "./support/short.ts";
import { readCorpus, type BenchDocument } from "./texts.ts";

const QUESTIONS = fileURLToPath(new URL("questions/rust-book.jsonl", import.meta.url));
const CHUNK_TOKENS = 256;
const K = 10;
const AT_ONCE = 4;
const SHORT_QUESTIONS = 15;

/** What is pushed of the same chapters; all are compared with the first. */
const VARIANTS = ["plain", "borders", "headings"] as const;
type Variant = (typeof VARIANTS)[number];

/** Headings as borders and as context, against neither. */
export const benchSections: Benchmark = {
  about: "nDCG, recall and MRR of a book's chapters with headings as borders and context of chunks, against without",
  options: { ...SHORT, tokens: { type: "string", help: `tokens a chunk (default: ${CHUNK_TOKENS})` } },
  async run(context) {
    if (!existsSync(join(context.sharedDir, "data", "rust-book.jsonl"))) {
      context.log(`the book is not in ${context.sharedDir}: nothing is measured`);
      return [];
    }
    const { questions: all } = await readQuestions(QUESTIONS, undefined);
    const questions = isShort(context) ? all.slice(0, SHORT_QUESTIONS) : all;
    const documents = readCorpus(context.sharedDir, "rust-book").filter(
      ({ id }) => !isShort(context) || questions.some(({ grades }) => grades.has(id)),
    );
    const stack = await startEmbedded(context);
    const client = new Polyseme({ url: stack.url });
    for (const variant of VARIANTS) await fill(context, client, variant, documents);
    const figures: Figure[] = [];
    for (const { name, group } of LEVELS) {
      const report = await measureRetrieval(
        client,
        VARIANTS.map((collection) => ({ collection })),
        { questions, withoutRelevant: 0 },
        { k: K, group, atOnce: AT_ONCE, signal: new AbortController().signal, onAnswer: () => undefined },
      );
      context.log(`${name}: ${report.questions} questions asked`);
      for (const measure of MEASURES)
        for (const [index, { measures, difference }] of report.settings.entries()) {
          const title = `${name}: ${titleOf(measure, report.k)}`;
          const variant = VARIANTS[index] ?? "";
          figures.push({ name: `${title}, ${variant}`, unit: "mean over questions", values: [measures[measure].mean] });
          if (measure === "ndcg" && difference !== undefined)
            figures.push(...estimateFigures(`${title}, ${variant} - ${VARIANTS[0]}`, difference[measure]));
        }
    }
    return figures;
  },
};

const LEVELS = [
  { name: "chapter", group: "document" },
  { name: "chunk with the quote", group: "chunk" },
] as const;

async function fill(
  context: BenchContext,
  client: Polyseme,
  variant: Variant,
  documents: readonly BenchDocument[],
): Promise<void> {
  const maxTokens = numberOption(context, "tokens", CHUNK_TOKENS);
  await client.collections.create(variant, { chunking: { maxTokens } });
  const { ticket } = await client.push(variant, await Promise.all(documents.map((one) => withSections(one, variant))));
  const { stored, failed, tokens } = await ticket.wait();
  const { chunks } = await client.collections.get(variant);
  context.log(`${variant}: ${stored} documents, ${chunks} chunks, ${tokens} tokens`);
  if (failed > 0) context.fail(`${failed} documents of ${variant} were not embedded`);
}

async function withSections(document: BenchDocument, variant: Variant): Promise<PushDocument> {
  switch (variant) {
    case "plain":
      return document;
    case "borders": {
      const { sections } = await outlineOf("md", document.text);
      return { ...document, sections: sections.map(({ start }) => ({ start })) };
    }
    case "headings":
      return { ...document, sections: (await outlineOf("md", document.text)).sections };
    default:
      throw new Error(`Unknown variant ${String(variant satisfies never)}`);
  }
}
