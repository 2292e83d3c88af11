import type { Chunking } from "@polyseme/core";
import type { Encoder, TokenIds, Tokens } from "@polyseme/encoder";
import { AT_ONCE, type InTurn } from "./in-turn.ts";
import { planChunks, type Span } from "./plan-chunks.ts";
import { windowEnd } from "./text-windows.ts";

/** Characters of a token in ordinary text, more in few texts: tells which texts may fit one chunk, and how far to look ahead. */
const CHARACTERS_A_TOKEN = 8;
/** Chunks planned at once: the tokenizer's own memory grows with what it is given, some 100 bytes a token. */
const CHUNKS_A_WINDOW = 8;

export interface PlannedChunk extends Span {
  readonly text: string;
  readonly tokens: ChunkTokens;
}

/** With places only where they were wanted. */
export type ChunkTokens = TokenIds & Partial<Tokens>;

type Tokenise = (texts: readonly string[]) => Promise<readonly ChunkTokens[]>;

export interface ChunkOptions {
  /**
   * Long texts go through it, one after the other: the chunks of the first are ready for the encoder while the others
   * wait, instead of all of them at the end. Left out: each begins at once.
   */
  readonly inTurn?: InTurn | undefined;
  /** Where each token lies in its chunk; costs as much again as the ids. */
  readonly places?: boolean;
}

/**
 * Cuts the text and tokenises each chunk.
 * @throws PolysemeError `unusable_text`
 */
export async function chunkDocument(
  text: string,
  chunking: Chunking,
  encoder: Encoder,
  { inTurn = AT_ONCE, places = false }: ChunkOptions = {},
): Promise<PlannedChunk[]> {
  const tokenise: Tokenise = (texts) => (places ? encoder.tokenize(texts) : encoder.tokenizeIds(texts));
  if (mayBeOneChunk(text, chunking)) {
    const [tokens] = await tokenise([text]);
    if (tokens !== undefined && fits(tokens, chunking.maxTokens)) return [{ start: 0, end: text.length, text, tokens }];
  }
  return inTurn(async () => {
    const chunks: PlannedChunk[] = [];
    const tokensOf = (from: number, end: number): Promise<Tokens> => encoder.tokenizeWhole(text.slice(from, end));
    for await (const spans of spansInWindows(text, chunking, encoder.info.specialTokens, tokensOf))
      chunks.push(...(await fit(text, spans, chunking.maxTokens, tokenise)));
    return chunks;
  });
}

export function mayBeOneChunk(text: string, { maxTokens }: Chunking): boolean {
  return text.length <= maxTokens * CHARACTERS_A_TOKEN;
}

/**
 * The chunks of a text of any length, window by window. The last span of a window may go on behind it, so the next
 * window begins where it does; a window that is one span is widened.
 * @param tokensOf all tokens of that stretch of the text, without special ones, with places counted from its beginning
 */
export async function* spansInWindows(
  text: string,
  chunking: Chunking,
  specialTokens: number,
  tokensOf: (from: number, end: number) => Promise<Tokens>,
): AsyncGenerator<Span[], void, undefined> {
  const least = chunking.maxTokens * CHARACTERS_A_TOKEN * CHUNKS_A_WINDOW;
  let size = least;
  for (let from = 0; from < text.length;) {
    const end = windowEnd(text, from, size);
    const tokens = await tokensOf(from, end);
    const planned = planChunks(text.slice(from, end), tokens, chunking, specialTokens);
    const isLast = end === text.length;
    const last = planned.at(-1);
    if (!isLast && (last === undefined || last.start === 0)) {
      size *= 2;
      continue;
    }
    const origin = from;
    const whole = isLast ? planned : planned.slice(0, -1);
    yield whole.map((span) => ({ start: origin + span.start, end: origin + span.end }));
    from = isLast || last === undefined ? text.length : from + last.start;
    size = least;
  }
}

/**
 * Tokenises chunks by themselves. A tokenizer that looks across a cut may give one a few tokens more than planned; such a
 * chunk is halved until it fits.
 */
async function fit(
  text: string,
  spans: readonly Span[],
  maxTokens: number,
  tokenise: Tokenise,
): Promise<PlannedChunk[]> {
  const texts = spans.map(({ start, end }) => text.slice(start, end));
  const tokenised = await tokenise(texts);
  const fitted: PlannedChunk[] = [];
  for (const [index, span] of spans.entries()) {
    const tokens = tokenised[index];
    if (tokens === undefined) throw new Error("The tokenizer lost a text");
    const middle = middleOf(text, span);
    if (fits(tokens, maxTokens) || middle === undefined) fitted.push({ ...span, text: texts[index] ?? "", tokens });
    else {
      const halves = [
        { start: span.start, end: middle },
        { start: middle, end: span.end },
      ];
      fitted.push(...(await fit(text, halves, maxTokens, tokenise)));
    }
  }
  return fitted;
}

function fits({ ids, truncated }: TokenIds, maxTokens: number): boolean {
  return !truncated && ids.length <= maxTokens;
}

/** An offset near the middle that is not inside a surrogate pair. */
function middleOf(text: string, { start, end }: Span): number | undefined {
  const middle = start + Math.floor((end - start) / 2);
  const inPair = /[\uDC00-\uDFFF]/.test(text.charAt(middle));
  const cut = inPair ? middle + 1 : middle;
  return cut > start && cut < end ? cut : undefined;
}
