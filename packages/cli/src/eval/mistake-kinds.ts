import type { Mistake, Rule } from "./score-senses.ts";

/** The mistakes in which one sense of a word was taken for one other. */
export interface MistakeKind {
  readonly rule: Rule;
  readonly word: string;
  readonly sense: string;
  readonly predicted: string;
  readonly mistakes: readonly Mistake[];
}

/** The mistakes by kind, the most frequent kind first. */
export function kindsOfMistakes(mistakes: readonly Mistake[]): MistakeKind[] {
  const kinds = new Map<string, Mistake[]>();
  for (const mistake of mistakes) {
    const { rule, use, predicted } = mistake;
    const key = JSON.stringify([rule, use.word, use.sense, predicted]);
    kinds.set(key, [...(kinds.get(key) ?? []), mistake]);
  }
  return [...kinds.values()]
    .flatMap((all) => {
      const [first] = all;
      if (first === undefined) return [];
      const { rule, use, predicted } = first;
      return [{ rule, word: use.word, sense: use.sense, predicted, mistakes: all }];
    })
    .sort((a, b) => b.mistakes.length - a.mistakes.length);
}
