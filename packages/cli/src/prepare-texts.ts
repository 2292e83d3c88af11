import { fileURLToPath } from "node:url";
import { findFiles } from "./sources/find-files.ts";
import { readSources } from "./sources/read-sources.ts";

const SAMPLE = fileURLToPath(new URL("../sample/corpus.jsonl", import.meta.url));
/** Enough to see a model's ranges; more is only slower. */
const MOST_TEXTS = 400;
/** A chunk's usual length; longer ones cost time and show nothing new. */
const MOST_CHARACTERS = 1_200;
/** Headings and rests of paragraphs are no text of their own. */
const LEAST_CHARACTERS = 20;

/**
 * Texts to calibrate and compare a model on: the documents of a file or folder, whatever `ingest` reads, cut to paragraphs;
 * some of the beginning, middle and end where there are many.
 * @param path undefined: the sample that comes with the program
 * @throws Error when the path has no text
 */
export async function readTexts(path: string | undefined): Promise<string[]> {
  const { files, problems } = await findFiles([path ?? SAMPLE]);
  const pieces: string[] = [];
  let problem: string | undefined;
  for await (const item of readSources(files, problems))
    if ("document" in item) pieces.push(...piecesOf(item.document["text"]));
    else problem ??= item.problem.message;
  if (pieces.length === 0) throw new Error(`${path ?? SAMPLE} has no text to calibrate on. ${problem ?? ""}`.trim());
  const step = Math.max(1, pieces.length / MOST_TEXTS);
  return pieces.filter((_, index) => Math.floor(index / step) !== Math.floor((index - 1) / step)).slice(0, MOST_TEXTS);
}

function piecesOf(text: unknown): string[] {
  if (typeof text !== "string") return [];
  if (text.length <= MOST_CHARACTERS) return text.trim().length === 0 ? [] : [text];
  const paragraphs = text.split(/\n\s*\n/).filter((one) => one.trim().length >= LEAST_CHARACTERS);
  return paragraphs.map((one) => one.trim().slice(0, MOST_CHARACTERS));
}
