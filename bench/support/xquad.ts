import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ndcgAt } from "../../packages/cli/src/eval/ndcg.ts";
import type { Question } from "../../packages/cli/src/eval/questions.ts";
import type { BenchDocument } from "../texts.ts";

interface XquadFile {
  readonly documents: readonly {
    readonly id: string;
    readonly text: string;
    readonly metadata: { readonly article: string };
  }[];
  readonly queries: readonly {
    readonly id: string;
    readonly text: string;
    /** The paragraph's id. */
    readonly relevant: string;
    /** Of the answer, in the paragraph. */
    readonly answer: { readonly answer_start: number; readonly text: string };
  }[];
}

/** Paragraphs, and questions with the id of the one that answers. */
export interface LabelledParagraphs {
  readonly documents: readonly BenchDocument[];
  readonly queries: readonly { readonly text: string; readonly relevant: string }[];
}

/** @throws Error when the file is not there */
export function readXquadParagraphs(sharedDir: string): LabelledParagraphs {
  const file = fileOf(sharedDir);
  if (!hasXquad(sharedDir)) throw new Error(`${file} is needed for its questions; say where with --shared.`);
  return JSON.parse(readFileSync(file, "utf8")) as XquadFile;
}

/** @param rankings ids of paragraphs, best first, one list a question */
export function meanGain(rankings: readonly (readonly string[])[], queries: LabelledParagraphs["queries"]): number {
  const gains = queries.map(({ relevant }, i) => ndcgAt(10, rankings[i] ?? [], new Map([[relevant, 1]])));
  return gains.reduce((sum, gain) => sum + gain, 0) / gains.length;
}

const BETWEEN = "\n\n";

/** Labelled questions and the documents they are asked of. */
export interface LabelledCorpus {
  readonly documents: readonly BenchDocument[];
  readonly questions: readonly Question[];
}

export function hasXquad(sharedDir: string): boolean {
  return existsSync(fileOf(sharedDir));
}

/** What of the text counts as the place of an answer. */
export type XquadPlace = "paragraph" | "sentence";

/**
 * xquad-en with the paragraphs of an article joined to one document, in their order: long texts in which a paragraph says
 * "it" and "he" of what an earlier one named.
 * @param place the whole paragraph that answers, or the part of it from the sentence in which the answer begins to its end
 */
export function readXquadArticles(sharedDir: string, place: XquadPlace): LabelledCorpus {
  const { documents, queries } = JSON.parse(readFileSync(fileOf(sharedDir), "utf8")) as XquadFile;
  const articles = new Map<string, string[]>();
  const paragraphs = new Map<string, { article: string; text: string }>();
  for (const { id, text, metadata } of documents) {
    articles.set(metadata.article, [...(articles.get(metadata.article) ?? []), text]);
    paragraphs.set(id, { article: metadata.article, text });
  }
  return {
    documents: [...articles].map(([id, texts]) => ({ id, text: texts.join(BETWEEN) })),
    questions: queries.flatMap(({ id, text: query, relevant, answer }) => {
      const found = paragraphs.get(relevant);
      if (found === undefined) return [];
      const { article, text } = found;
      const end = answer.answer_start + answer.text.length;
      const quote = place === "paragraph" ? text : text.slice(sentenceStart(text, answer.answer_start), end);
      return [{ id, query, grades: new Map([[article, 1]]), answers: [{ docId: article, quote }] }];
    }),
  };
}

function sentenceStart(text: string, offset: number): number {
  const sentences = new Intl.Segmenter("en", { granularity: "sentence" }).segment(text);
  return sentences.containing(offset)?.index ?? 0;
}

function fileOf(sharedDir: string): string {
  return join(sharedDir, "data", "xquad-en.json");
}
