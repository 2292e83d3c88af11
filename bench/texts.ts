import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const SAMPLE = fileURLToPath(new URL("../packages/cli/sample/corpus.jsonl", import.meta.url));

export interface BenchDocument {
  readonly id: string;
  readonly text: string;
}

/** Texts of a kind: tldr are short pages, rust-book long chapters, sample what ships with the software. */
export const CORPORA = ["tldr", "rust-book", "sample"] as const;
export type Corpus = (typeof CORPORA)[number];

/** The corpora at hand; the sample only where there is no other. */
export function corporaIn(sharedDir: string): Corpus[] {
  const found = CORPORA.filter((corpus) => corpus !== "sample" && existsSync(fileOf(sharedDir, corpus)));
  return found.length > 0 ? found : ["sample"];
}

/** The first so many documents of a corpus, ids and texts alone. */
export function readCorpus(sharedDir: string, corpus: Corpus, limit = Infinity): BenchDocument[] {
  const lines = readFileSync(fileOf(sharedDir, corpus), "utf8").trim().split("\n");
  return lines.slice(0, limit).map((line) => {
    const { id, text } = JSON.parse(line) as BenchDocument;
    return { id, text };
  });
}

/** As many texts as wanted, each another: the corpus over and over, with the round written before each text. */
export function repeatedCorpus(documents: readonly BenchDocument[], count: number): BenchDocument[] {
  return Array.from({ length: count }, (_, index) => {
    const round = Math.floor(index / documents.length);
    const { id, text } = documents[index % documents.length] ?? { id: "", text: "" };
    return round === 0 ? { id, text } : { id: `${id}#${round}`, text: `${round}. ${text}` };
  });
}

function fileOf(sharedDir: string, corpus: Corpus): string {
  return corpus === "sample" ? SAMPLE : join(sharedDir, "data", `${corpus}.jsonl`);
}
