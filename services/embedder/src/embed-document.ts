import type { Chunking, Flow, TokenSettings } from "@polyseme/core";
import type { Encoder, TokenIds } from "@polyseme/encoder";
import type { EmbeddedChunk } from "@polyseme/store";
import { packChunk } from "./chunk-units.ts";
import { AT_ONCE, type InTurn } from "./in-turn.ts";
import { planChunks, type Span } from "./plan-chunks.ts";
import { windowEnd } from "./text-windows.ts";
import { NO_JOB_TRACE, type JobTrace } from "./job-trace.ts";
import type { TokenPermits } from "./token-permits.ts";

/** Characters of a token in ordinary text, more in few texts: tells which texts may fit one chunk, and how far to look ahead. */
const CHARACTERS_A_TOKEN = 8;
/** Chunks planned at once: the tokenizer's own memory grows with what it is given, some 100 bytes a token. */
const CHUNKS_A_WINDOW = 8;

/** When a document's chunks are encoded, among all others. */
export interface Turn {
  readonly flow: Flow;
  /** Aborted: what has not begun is not encoded, and the signal's reason is thrown. */
  readonly signal: AbortSignal;
  /** Of its job; undefined: none. */
  readonly trace?: JobTrace;
  /** See `chunkDocument`. */
  readonly inTurn?: InTurn;
}

/** What of its collection decides how a document becomes vectors. */
export interface DocumentSettings {
  readonly chunking: Chunking;
  readonly tokens: TokenSettings;
  readonly language: string | null;
}

interface PlannedChunk extends Span {
  readonly text: string;
  readonly tokens: TokenIds;
}

/**
 * A document's chunks with their embeddings. A chunk is encoded as its text alone would be, so its embedding does not
 * depend on the rest of the document.
 * @throws PolysemeError as the encoder does
 */
export async function embedDocument(
  text: string,
  settings: DocumentSettings,
  encoder: Encoder,
  permits: TokenPermits,
  turn: Turn,
): Promise<EmbeddedChunk[]> {
  const { trace = NO_JOB_TRACE, inTurn } = turn;
  const leaveTokenise = trace.enter("tokenise");
  const chunks = await chunkDocument(text, settings.chunking, encoder, inTurn).finally(leaveTokenise);
  const leaveEncode = trace.enter("encode");
  return Promise.all(chunks.map((chunk) => embedChunk(chunk, settings, encoder, permits, turn))).finally(leaveEncode);
}

/**
 * Cuts the text and tokenises each chunk.
 * @param inTurn long texts go through it, one after the other: the chunks of the first are ready for the encoder while
 * the others wait, instead of all of them at the end
 */
export async function chunkDocument(
  text: string,
  chunking: Chunking,
  encoder: Encoder,
  inTurn: InTurn = AT_ONCE,
): Promise<PlannedChunk[]> {
  if (text.length <= chunking.maxTokens * CHARACTERS_A_TOKEN) {
    const [tokens] = await encoder.tokenizeIds([text]);
    if (tokens !== undefined && fits(tokens, chunking.maxTokens)) return [{ start: 0, end: text.length, text, tokens }];
  }
  return inTurn(() => chunkInWindows(text, chunking, encoder));
}

/**
 * The chunks of a text of any length, window by window. The last span of a window may go on behind it, so the next
 * window begins where it does; a window that is one span is widened.
 */
async function chunkInWindows(text: string, chunking: Chunking, encoder: Encoder): Promise<PlannedChunk[]> {
  const least = chunking.maxTokens * CHARACTERS_A_TOKEN * CHUNKS_A_WINDOW;
  const chunks: PlannedChunk[] = [];
  let size = least;
  for (let from = 0; from < text.length;) {
    const end = windowEnd(text, from, size);
    const window = text.slice(from, end);
    const tokens = await encoder.tokenizeWhole(window);
    const planned = planChunks(window, tokens, chunking, encoder.info.specialTokens);
    const isLast = end === text.length;
    const last = planned.at(-1);
    if (!isLast && (last === undefined || last.start === 0)) {
      size *= 2;
      continue;
    }
    const whole = isLast ? planned : planned.slice(0, -1);
    const spans = whole.map((span) => ({ start: from + span.start, end: from + span.end }));
    chunks.push(...(await fit(text, spans, chunking.maxTokens, encoder)));
    from = isLast || last === undefined ? text.length : from + last.start;
    size = least;
  }
  return chunks;
}

/**
 * Tokenises chunks by themselves. A tokenizer that looks across a cut may give one a few tokens more than planned; such a
 * chunk is halved until it fits.
 */
async function fit(text: string, spans: readonly Span[], maxTokens: number, encoder: Encoder): Promise<PlannedChunk[]> {
  const texts = spans.map(({ start, end }) => text.slice(start, end));
  const tokenised = await encoder.tokenizeIds(texts);
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
      fitted.push(...(await fit(text, halves, maxTokens, encoder)));
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

async function embedChunk(
  chunk: PlannedChunk,
  settings: DocumentSettings,
  encoder: Encoder,
  permits: TokenPermits,
  { flow, signal, trace }: Turn,
): Promise<EmbeddedChunk> {
  const { start, end, text } = chunk;
  const { ids } = chunk.tokens;
  const withUnits = settings.tokens.tokenVectors !== "none";
  const giveBack = await permits.take(ids.length, flow, signal);
  try {
    const wants = { embedding: true, contextual: withUnits };
    const wanted = { wants, lane: "bulk", flow, signal, trace: trace?.span.traceparent } as const;
    const [{ embedding, contextual }, places] = await Promise.all([
      encoder.encode(ids, wanted),
      withUnits ? encoder.tokenize([text]) : [],
    ]);
    if (embedding === undefined) throw new Error("The encoder gave no embedding");
    const encoded = { start, end, text, tokens: ids.length, embedding };
    const [tokens] = places;
    if (tokens === undefined || contextual === undefined) return encoded;
    const { dimensions } = encoder.info;
    const units = packChunk(chunk, tokens, contextual, {
      settings: settings.tokens,
      dimensions,
      language: settings.language,
    });
    return units === undefined ? encoded : { ...encoded, units };
  } finally {
    giveBack();
  }
}
