import type { Chunking } from "@polyseme/core";
import type { Encoder, Tokens } from "@polyseme/encoder";
import type { EmbeddedChunk } from "@polyseme/store";
import { planChunks, type Span } from "./plan-chunks.ts";
import type { TokenPermits } from "./token-permits.ts";

/** A text above this is known to need several chunks, so it is tokenised whole at once. */
const SHORT_TEXT_CHARACTERS = 16 * 1024;

interface PlannedChunk extends Span {
  readonly text: string;
  readonly tokens: Tokens;
}

/**
 * A document's chunks with their embeddings. A chunk is encoded as its text alone would be, so its embedding does not
 * depend on the rest of the document.
 * @param signal aborted: what has not begun is not encoded, and the signal's reason is thrown
 * @throws PolysemeError as the encoder does
 */
export async function embedDocument(
  text: string,
  chunking: Chunking,
  encoder: Encoder,
  permits: TokenPermits,
  signal: AbortSignal,
): Promise<EmbeddedChunk[]> {
  const chunks = await chunkDocument(text, chunking, encoder);
  return Promise.all(chunks.map((chunk) => embedChunk(chunk, encoder, permits, signal)));
}

/** Cuts the text and tokenises each chunk. */
export async function chunkDocument(text: string, chunking: Chunking, encoder: Encoder): Promise<PlannedChunk[]> {
  if (text.length <= SHORT_TEXT_CHARACTERS) {
    const [tokens] = await encoder.tokenize([text]);
    if (tokens !== undefined && !tokens.truncated && tokens.ids.length <= chunking.maxTokens)
      return [{ start: 0, end: text.length, text, tokens }];
  }
  const whole = await encoder.tokenizeWhole(text);
  return fit(text, planChunks(text, whole, chunking, encoder.info.specialTokens), chunking.maxTokens, encoder);
}

/**
 * Tokenises chunks by themselves. A tokenizer that looks across a cut may give one a few tokens more than planned; such a
 * chunk is halved until it fits.
 */
async function fit(text: string, spans: readonly Span[], maxTokens: number, encoder: Encoder): Promise<PlannedChunk[]> {
  const texts = spans.map(({ start, end }) => text.slice(start, end));
  const tokenised = await encoder.tokenize(texts);
  const fitted: PlannedChunk[] = [];
  for (const [index, span] of spans.entries()) {
    const tokens = tokenised[index];
    if (tokens === undefined) throw new Error("The tokenizer lost a text");
    const fits = !tokens.truncated && tokens.ids.length <= maxTokens;
    const middle = middleOf(text, span);
    if (fits || middle === undefined) fitted.push({ ...span, text: texts[index] ?? "", tokens });
    else
      fitted.push(
        ...(await fit(
          text,
          [
            { start: span.start, end: middle },
            { start: middle, end: span.end },
          ],
          maxTokens,
          encoder,
        )),
      );
  }
  return fitted;
}

/** An offset near the middle that is not inside a surrogate pair. */
function middleOf(text: string, { start, end }: Span): number | undefined {
  const middle = start + Math.floor((end - start) / 2);
  const inPair = /[\uDC00-\uDFFF]/.test(text.charAt(middle));
  const cut = inPair ? middle + 1 : middle;
  return cut > start && cut < end ? cut : undefined;
}

async function embedChunk(
  { start, end, text, tokens }: PlannedChunk,
  encoder: Encoder,
  permits: TokenPermits,
  signal: AbortSignal,
): Promise<EmbeddedChunk> {
  const giveBack = await permits.take(tokens.ids.length, signal);
  try {
    const { embedding } = await encoder.encode(tokens.ids, { wants: { embedding: true }, lane: "bulk", signal });
    if (embedding === undefined) throw new Error("The encoder gave no embedding");
    return { start, end, text, tokens: tokens.ids.length, embedding };
  } finally {
    giveBack();
  }
}
