import type { Chunking } from "@polyseme/core";
import type { Tokens } from "@polyseme/encoder";
import { BORDER, findBorders } from "./borders.ts";

/** UTF-16 offsets, [start, end), as JavaScript slices. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** A chunk is at least this full before a better border is preferred to more text. */
const LEAST_FILL = 0.5;

/**
 * Cuts a text into chunks of at most `maxTokens` (special tokens counted): at the best border (paragraph, sentence, line,
 * word) in the second half of what fits, the last of its kind. The spans cover the text from 0 to its end without a
 * gap; white space before a chunk belongs to the one before. With an overlap each chunk begins that many tokens earlier.
 *
 * @param tokens all tokens of the text, without special ones
 * @param specialTokens how many the model adds to each chunk
 */
export function planChunks(text: string, tokens: Tokens, chunking: Chunking, specialTokens: number): Span[] {
  const budget = Math.max(1, chunking.maxTokens - specialTokens);
  const count = tokens.ids.length;
  if (count <= budget) return [{ start: 0, end: text.length }];

  const borders = findBorders(text, tokens, chunking.strategy);
  const spans: Span[] = [];
  let first = 0;
  let start = 0;
  let cut = 0;
  while (count - first > budget) {
    const next = bestCut(borders, first, budget, cut);
    if (next === undefined) break;
    const end = tokens.starts[next] ?? text.length;
    spans.push({ start, end });
    cut = next;
    first = stepBack(borders, first, next, chunking.overlapTokens);
    start = tokens.starts[first] ?? end;
  }
  spans.push({ start, end: text.length });
  return spans;
}

/**
 * The token before which to cut, in (first, first + budget] and past the cut before, so that no chunk lies inside the one
 * before it; further on only when there is no border at all.
 */
function bestCut(borders: Uint8Array, first: number, budget: number, lastCut: number): number | undefined {
  const after = Math.max(first, lastCut);
  const least = Math.max(first + Math.ceil(budget * LEAST_FILL), after + 1);
  let best: number | undefined;
  for (let i = first + budget; i >= least; i -= 1)
    if (rank(borders, i) > (best === undefined ? BORDER.none : rank(borders, best))) best = i;
  if (best !== undefined) return best;
  for (let i = least - 1; i > after; i -= 1) if (rank(borders, i) > BORDER.none) return i;
  for (let i = first + budget + 1; i < borders.length; i += 1) if (rank(borders, i) > BORDER.none) return i;
  return undefined;
}

/** Where the next chunk begins: `overlap` tokens before the cut, moved forward to a word, always past the last begin. */
function stepBack(borders: Uint8Array, first: number, cut: number, overlap: number): number {
  if (overlap === 0) return cut;
  for (let i = Math.max(first + 1, cut - overlap); i < cut; i += 1) if (rank(borders, i) >= BORDER.word) return i;
  return cut;
}

function rank(borders: Uint8Array, index: number): number {
  return borders[index] ?? BORDER.none;
}
