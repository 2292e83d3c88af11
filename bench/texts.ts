import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const OPEN_TEXTS = fileURLToPath(new URL("../../shared/data/tldr.jsonl", import.meta.url));
const SAMPLE = fileURLToPath(new URL("../packages/cli/sample/corpus.jsonl", import.meta.url));

export interface BenchDocument {
  readonly id: string;
  readonly text: string;
}

/** The first so many documents of the larger corpus when it lies beside the checkout, else of the shipped sample. */
export function benchDocuments(limit: number): BenchDocument[] {
  const lines = readFileSync(existsSync(OPEN_TEXTS) ? OPEN_TEXTS : SAMPLE, "utf8")
    .trim()
    .split("\n");
  return lines.slice(0, limit).map((line) => {
    const { id, text } = JSON.parse(line) as BenchDocument;
    return { id, text };
  });
}
