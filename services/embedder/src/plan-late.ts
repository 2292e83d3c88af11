import { setImmediate as nextTurn } from "node:timers/promises";
import type { Chunking } from "@polyseme/core";
import type { Encoder, Tokens } from "@polyseme/encoder";
import { mayBeOneChunk, spansInWindows } from "./chunk-document.ts";
import type { TokenRange } from "./gather-chunks.ts";
import { AT_ONCE, type InTurn } from "./in-turn.ts";
import type { Span } from "./plan-chunks.ts";
import { stretchesOf, withoutEmpty, type SectionedText, type Stretch } from "./stretches.ts";
import { windowEnd } from "./text-windows.ts";

/** A document's own tokens, special ones left out, and its chunks as parts of them. */
export interface LateDocument {
  readonly tokens: Tokens;
  readonly chunks: readonly LateChunk[];
}

export interface LateChunk extends Span {
  readonly range: TokenRange;
}

/** Given to the tokenizer at once; it is cut at white space, where no tokenizer looks across, and where a section starts. */
const PIECE_CHARACTERS = 16_384;

/**
 * All tokens of a document, some 12 bytes each, and where it is cut by the rules of ordinary chunks. A chunk is not
 * tokenised by itself, so only a section's start may change a token. Only a text without tokens has a chunk without any.
 * @param inTurn long texts go through it, one after the other
 * @throws PolysemeError `unusable_text`
 */
export async function planLate(
  document: SectionedText,
  chunking: Chunking,
  encoder: Pick<Encoder, "info" | "tokenize" | "tokenizeWhole">,
  inTurn: InTurn = AT_ONCE,
): Promise<LateDocument> {
  const { text } = document;
  const stretches = stretchesOf(document);
  if (stretches.length === 1 && mayBeOneChunk(text, chunking)) {
    const [tokens] = await encoder.tokenize([text]);
    if (tokens !== undefined && !tokens.truncated && tokens.ids.length <= chunking.maxTokens) {
      const own = withoutSpecial(tokens);
      return { tokens: own, chunks: [{ start: 0, end: text.length, range: { first: 0, end: own.ids.length } }] };
    }
  }
  return inTurn(async () => {
    const tokens = await tokeniseAll(text, stretches, encoder);
    const chunks: LateChunk[] = [];
    for (const { start, end } of stretchesWithTokens(stretches, tokens.starts)) {
      const tokensOf = async (from: number, to: number): Promise<Tokens> => {
        // Nothing here waits for anything else, and others want this thread.
        await nextTurn();
        return part(tokens, rangeOf(tokens.starts, { start: start + from, end: start + to }), start + from);
      };
      const stretch = text.slice(start, end);
      for await (const spans of spansInWindows(stretch, chunking, encoder.info.specialTokens, tokensOf))
        for (const span of spans) {
          const inText = { start: start + span.start, end: start + span.end };
          chunks.push({ ...inText, range: rangeOf(tokens.starts, inText) });
        }
    }
    return { tokens, chunks };
  });
}

/**
 * Every chunk needs a token: a stretch without any goes to its neighbour.
 * @param starts of all tokens of the text, in its order
 */
export function stretchesWithTokens(stretches: readonly Stretch[], starts: Int32Array): Stretch[] {
  return withoutEmpty(stretches, (span) => {
    const { first, end } = rangeOf(starts, span);
    return first === end;
  });
}

/** Those tokens, with places counted from `origin`. */
export function part(tokens: Tokens, { first, end }: TokenRange, origin: number): Tokens {
  return {
    ids: tokens.ids.subarray(first, end),
    starts: tokens.starts.subarray(first, end).map((at) => at - origin),
    ends: tokens.ends.subarray(first, end).map((at) => at - origin),
    special: tokens.special.subarray(first, end),
    truncated: false,
  };
}

async function tokeniseAll(
  text: string,
  stretches: readonly Span[],
  encoder: Pick<Encoder, "tokenizeWhole">,
): Promise<Tokens> {
  const pieces: Tokens[] = [];
  for (const stretch of stretches)
    for (let from = stretch.start; from < stretch.end;) {
      const end = Math.min(stretch.end, windowEnd(text, from, PIECE_CHARACTERS));
      const tokens = await encoder.tokenizeWhole(text.slice(from, end));
      pieces.push(part(tokens, { first: 0, end: tokens.ids.length }, -from));
      from = end;
    }
  const joined = (field: "ids" | "starts" | "ends"): Int32Array => {
    const all = new Int32Array(pieces.reduce((sum, { ids }) => sum + ids.length, 0));
    let at = 0;
    for (const piece of pieces) {
      all.set(piece[field], at);
      at += piece.ids.length;
    }
    return all;
  };
  const ids = joined("ids");
  return { ids, starts: joined("starts"), ends: joined("ends"), special: new Uint8Array(ids.length), truncated: false };
}

/** The tokenizer puts special tokens around a text, never between. */
function withoutSpecial(tokens: Tokens): Tokens {
  const first = tokens.special.indexOf(0);
  return part(tokens, first < 0 ? { first: 0, end: 0 } : { first, end: tokens.special.lastIndexOf(0) + 1 }, 0);
}

/** The tokens that begin in a span of the text. */
export function rangeOf(starts: Int32Array, { start, end }: Span): TokenRange {
  return { first: firstFrom(starts, start), end: firstFrom(starts, end) };
}

/** By halving: the first token that begins at `offset` or behind it. */
function firstFrom(starts: Int32Array, offset: number): number {
  let low = 0;
  let high = starts.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((starts[middle] ?? Infinity) >= offset) high = middle;
    else low = middle + 1;
  }
  return low;
}
