import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { BenchContext } from "../context.ts";
import { corporaIn, readCorpus } from "../texts.ts";

type Place = Pick<BenchContext, "sharedDir">;

const LEAST_CHARACTERS = 30;
const MOST_CHARACTERS = 300;

/** Sentences in the order of their texts, at most so many, taken evenly from all the open texts at hand. */
export function readSentences({ sharedDir }: Place, limit: number): string[] {
  const texts = corporaIn(sharedDir).flatMap((corpus) => readCorpus(sharedDir, corpus).map(({ text }) => text));
  const book = join(sharedDir, "data", "moby-dick.txt");
  if (existsSync(book)) texts.push(readFileSync(book, "utf8"));
  const paragraphs = join(sharedDir, "data", "xquad-en.json");
  // The answers to the questions below.
  if (existsSync(paragraphs)) texts.push(...readXquad(paragraphs).documents.map(({ text }) => text));
  const sentences = texts.flatMap((text) =>
    text
      .split(/(?<=[.!?:])\s+|\n{2,}/)
      .map((sentence) => sentence.replace(/\s+/g, " ").trim())
      .filter(({ length }) => length >= LEAST_CHARACTERS && length <= MOST_CHARACTERS),
  );
  if (sentences.length <= limit) return sentences;
  // Runs of neighbours, spread over the texts: what stands side by side is about one matter.
  const RUN = 20;
  const runs = Math.floor(limit / RUN);
  const step = sentences.length / runs;
  return Array.from({ length: runs }, (_, run) => {
    const from = Math.floor(run * step);
    return sentences.slice(from, from + RUN);
  }).flat();
}

/** Questions that people asked about paragraphs which are among the sentences. */
export function readQuestions({ sharedDir }: Place, limit: number): string[] {
  const file = join(sharedDir, "data", "xquad-en.json");
  if (!existsSync(file)) return readSentences({ sharedDir }, limit).map((text) => `What about ${text}`);
  return readXquad(file)
    .queries.slice(0, limit)
    .map(({ text }) => text);
}

function readXquad(file: string): { documents: { text: string }[]; queries: { text: string }[] } {
  return JSON.parse(readFileSync(file, "utf8")) as { documents: { text: string }[]; queries: { text: string }[] };
}
