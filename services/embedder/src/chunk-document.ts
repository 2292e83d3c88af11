import type { Chunking } from "@polyseme/core";
import type { Encoder, TokenIds, Tokens } from "@polyseme/encoder";
import { makeContextReader } from "./context-tokens.ts";
import { AT_ONCE, type InTurn } from "./in-turn.ts";
import { planChunks, type Span } from "./plan-chunks.ts";
import { stretchesOf, type SectionedText, type Stretch } from "./stretches.ts";
import { windowEnd } from "./text-windows.ts";

/** Characters of a token in ordinary text, more in few texts: tells which texts may fit one chunk, and how far to look ahead. */
const CHARACTERS_A_TOKEN = 8;
/** Chunks planned at once: the tokenizer's own memory grows with what it is given, some 100 bytes a token. */
const CHUNKS_A_WINDOW = 8;

export interface PlannedChunk extends Span {
  readonly text: string;
  /** Of its text alone. */
  readonly tokens: ChunkTokens;
  /** Ids that the model reads before its text; empty: none. */
  readonly context: Int32Array;
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
 * Cuts the text and tokenises each chunk, with what the model wants before a document and the context of its section, which
 * are no part of its text. No chunk crosses a section's start.
 * @throws PolysemeError `unusable_text`
 */
export async function chunkDocument(
  document: SectionedText,
  chunking: Chunking,
  encoder: Encoder,
  { inTurn = AT_ONCE, places = false }: ChunkOptions = {},
): Promise<PlannedChunk[]> {
  const { text } = document;
  // Places are counted in the chunk, so where they are wanted nothing stands before it.
  const { document: prompt } = places ? { document: "" } : encoder.info.prompts;
  const tokeniseBeside = (context: Int32Array): Tokenise =>
    places
      ? (texts) => encoder.tokenize(texts)
      : (texts) => encoder.tokenizeIds(prompt === "" || context.length > 0 ? texts : texts.map((one) => prompt + one));
  const contextOf = makeContextReader(encoder, chunking.maxTokens, prompt);
  const stretches = stretchesOf(document);
  const [only] = stretches;
  if (stretches.length === 1 && only !== undefined) {
    const context = await contextOf(only.context);
    const whole = await asOneChunk(text, only, context, chunking, tokeniseBeside(context));
    if (whole !== undefined) return [whole];
  }
  const cut = async (): Promise<PlannedChunk[]> => {
    const chunks: PlannedChunk[] = [];
    const [empty] = prompt === "" ? [] : await encoder.tokenizeIds([prompt]);
    const withPrompt = empty?.ids.length ?? encoder.info.specialTokens;
    for (const group of groupsOf(stretches, windowCharacters(chunking))) {
      const cutGroup = group.map(async (stretch) => {
        const context = await contextOf(stretch.context);
        const tokenise = tokeniseBeside(context);
        // The only one was found too long above.
        const whole = stretches.length === 1 ? undefined : await asOneChunk(text, stretch, context, chunking, tokenise);
        if (whole !== undefined) return [whole];
        const besides = context.length > 0 ? encoder.info.specialTokens : withPrompt;
        return cutStretch(text, stretch, { context, besides }, chunking, encoder, tokenise);
      });
      chunks.push(...(await Promise.all(cutGroup)).flat());
    }
    return chunks;
  };
  const isShort = stretches.length > 1 && mayBeOneChunk(text, chunking);
  return isShort ? cut() : inTurn(cut);
}

async function cutStretch(
  text: string,
  { start, end }: Stretch,
  { context, besides }: { readonly context: Int32Array; readonly besides: number },
  chunking: Chunking,
  encoder: Encoder,
  tokenise: Tokenise,
): Promise<PlannedChunk[]> {
  const own = beside(context, chunking);
  const part = text.slice(start, end);
  const tokensOf = (from: number, to: number): Promise<Tokens> => encoder.tokenizeWhole(part.slice(from, to));
  const chunks: PlannedChunk[] = [];
  for await (const spans of spansInWindows(part, own, besides, tokensOf)) {
    const inText = spans.map((span) => ({ start: start + span.start, end: start + span.end }));
    const fitted = await fit(text, inText, own.maxTokens, tokenise);
    chunks.push(...fitted.map((chunk) => ({ ...chunk, context })));
  }
  return chunks;
}

async function asOneChunk(
  text: string,
  { start, end }: Stretch,
  context: Int32Array,
  chunking: Chunking,
  tokenise: Tokenise,
): Promise<PlannedChunk | undefined> {
  const part = text.slice(start, end);
  const { maxTokens } = beside(context, chunking);
  if (!mayBeOneChunk(part, { maxTokens })) return undefined;
  const [tokens] = await tokenise([part]);
  return tokens !== undefined && fits(tokens, maxTokens) ? { start, end, text: part, tokens, context } : undefined;
}

/** How the text beside a context is cut: it has what the context leaves. */
function beside(context: Int32Array, chunking: Chunking): Chunking {
  if (context.length === 0) return chunking;
  const maxTokens = chunking.maxTokens - context.length;
  // At most half, as in every collection's settings: with more, chunks would not come forward.
  return { ...chunking, maxTokens, overlapTokens: Math.min(chunking.overlapTokens, Math.floor(maxTokens / 2)) };
}

export function mayBeOneChunk(text: string, { maxTokens }: Pick<Chunking, "maxTokens">): boolean {
  return text.length <= maxTokens * CHARACTERS_A_TOKEN;
}

function windowCharacters({ maxTokens }: Chunking): number {
  return maxTokens * CHARACTERS_A_TOKEN * CHUNKS_A_WINDOW;
}

/** Neighbours that are tokenised together, up to so many characters; at least one. */
function* groupsOf(stretches: readonly Stretch[], most: number): Generator<Stretch[]> {
  let group: Stretch[] = [];
  for (const stretch of stretches) {
    const start = group[0]?.start ?? stretch.start;
    if (group.length > 0 && stretch.end - start > most) {
      yield group;
      group = [];
    }
    group.push(stretch);
  }
  if (group.length > 0) yield group;
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
  const least = windowCharacters(chunking);
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
): Promise<Omit<PlannedChunk, "context">[]> {
  const texts = spans.map(({ start, end }) => text.slice(start, end));
  const tokenised = await tokenise(texts);
  const fitted: Omit<PlannedChunk, "context">[] = [];
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
