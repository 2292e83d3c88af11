import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Use } from "../../packages/cli/src/eval/uses.ts";

const PARTS = ["train", "dev"] as const;

/** Whether WiC-TSV lies in the shared folder. */
export function hasWic(sharedDir: string): boolean {
  return existsSync(join(sharedDir, "data", "wic-tsv", "train_examples.txt"));
}

/**
 * Labelled uses out of WiC-TSV (Breit et al. 2021): a sentence that its definition fits (label T) is a use of that sense;
 * sentences with label F say only which sense it is not. Words with 2 to 6 senses of at least so many uses each; senses
 * with fewer are left out.
 */
export function readWicUses(sharedDir: string, leastUses: number): Use[] {
  const uses = new Map<string, Use>();
  for (const part of PARTS) {
    const linesOf = (name: string): string[] =>
      readFileSync(join(sharedDir, "data", "wic-tsv", `${part}_${name}.txt`), "utf8").split("\n");
    const [definitions, labels] = [linesOf("definitions"), linesOf("labels")];
    for (const [index, line] of linesOf("examples").entries()) {
      const [word, place, text] = line.split("\t");
      const sense = definitions[index];
      if (labels[index] !== "T" || word === undefined || place === undefined || text === undefined || !sense) continue;
      const use = { origin: `${part}_examples.txt:${index + 1}`, word, text, sense, split: undefined };
      uses.set(JSON.stringify([word, text, sense]), { ...use, ...placeOf(text, Number(place)) });
    }
  }
  return withEnoughUses([...uses.values()], leastUses);
}

/** The place of a word by its number, words being what spaces divide. */
function placeOf(text: string, number: number): { start: number; end: number } {
  const words = text.split(" ");
  const start = words.slice(0, number).reduce((sum, word) => sum + word.length + 1, 0);
  return { start, end: start + (words[number]?.length ?? 0) };
}

const MOST_SENSES = 6;

function withEnoughUses(uses: readonly Use[], least: number): Use[] {
  const counts = new Map<string, Map<string, number>>();
  for (const { word, sense } of uses) {
    const senses = counts.get(word) ?? new Map<string, number>();
    counts.set(word, senses.set(sense, (senses.get(sense) ?? 0) + 1));
  }
  const isKept = ({ word, sense }: Use): boolean => {
    const senses = [...(counts.get(word)?.values() ?? [])].filter((count) => count >= least);
    return senses.length >= 2 && senses.length <= MOST_SENSES && (counts.get(word)?.get(sense) ?? 0) >= least;
  };
  return uses.filter(isKept);
}
