import type { InspectAnswer } from "@polyseme/client";
import { cosine, maxDifference, mean, type Vector } from "./vectors.ts";
import { sharedWords, wordsOf } from "./words.ts";

/** One word in two texts. */
export interface WordComparison {
  readonly word: string;
  readonly staticCosine: number;
  readonly staticMaxDifference: number;
  readonly contextualCosine: number;
}

export interface InspectedText {
  readonly text: string;
  readonly answer: InspectAnswer;
}

/** For each word in both texts, how near its vectors in the one are to those in the other. */
export function compareSharedWords(a: InspectedText, b: InspectedText): WordComparison[] {
  return sharedWords(a.text, b.text).flatMap((word) => {
    const inA = vectorsOfWord(a, word);
    const inB = vectorsOfWord(b, word);
    if (inA === undefined || inB === undefined) return [];
    return [
      {
        word,
        staticCosine: cosine(inA.static, inB.static),
        staticMaxDifference: maxDifference(inA.static, inB.static),
        contextualCosine: cosine(inA.contextual, inB.contextual),
      },
    ];
  });
}

/** The vectors of a word's first place: the mean over its tokens; undefined where the text was cut before it. */
function vectorsOfWord(
  { text, answer }: InspectedText,
  word: string,
): Record<"static" | "contextual", Vector> | undefined {
  const place = wordsOf(text).find((one) => one.word === word);
  if (place === undefined) return undefined;
  const indexes = answer.tokens.flatMap(({ start, end, special }, i) =>
    !special && start < place.end && end > place.start ? [i] : [],
  );
  if (indexes.length === 0) return undefined;
  return {
    static: mean(indexes.map((i) => answer.static[i] ?? [])),
    contextual: mean(indexes.map((i) => answer.contextual[i] ?? [])),
  };
}
