import { PolysemeError, type TokenSettings } from "@polyseme/core";
import { normalised, type Encoder, type Tokens } from "@polyseme/encoder";
import type { EmbeddedChunk } from "@polyseme/store";
import { makeFormsOf } from "@polyseme/words";
import { packChunk } from "./chunk-units.ts";
import { gatherChunks } from "./gather-chunks.ts";
import { NO_JOB_TRACE } from "./job-trace.ts";
import { planWindows, type TokenWindow } from "./late-windows.ts";
import { part, planLate, type LateChunk, type LateDocument } from "./plan-late.ts";
import type { SectionedText } from "./stretches.ts";
import type { TokenPermits } from "./token-permits.ts";
import type { DocumentSettings, Turn } from "./turn.ts";

/**
 * A document's chunks, each with the mean of its tokens' vectors as the whole document's windows give them: a chunk's
 * embedding depends on the text around it. Special tokens are in every window and in no mean, so a document of one chunk
 * has not quite the embedding that its text would have as a query. No chunk crosses a section's start, but contexts of
 * sections are not read: the windows see the headings where they stand.
 * @throws PolysemeError as the encoder does
 */
export async function embedLate(
  document: SectionedText,
  settings: DocumentSettings,
  encoder: Encoder,
  permits: TokenPermits,
  turn: Turn,
): Promise<EmbeddedChunk[]> {
  const { trace = NO_JOB_TRACE, inTurn } = turn;
  const leaveTokenise = trace.enter("tokenise");
  const planned = await planLate(document, settings.chunking, encoder, inTurn).finally(leaveTokenise);
  const leaveEncode = trace.enter("encode");
  return encodeWindows(document.text, planned, settings, encoder, permits, turn).finally(leaveEncode);
}

async function encodeWindows(
  text: string,
  { tokens, chunks }: LateDocument,
  settings: DocumentSettings,
  encoder: Encoder,
  permits: TokenPermits,
  turn: Turn,
): Promise<EmbeddedChunk[]> {
  const { tokenDimensions: dimensions, maxTokens, specialTokens } = encoder.info;
  const windows = planWindows(tokens.ids.length, maxTokens - specialTokens);
  const { formsOf = makeFormsOf } = turn;
  const kept = { settings: settings.tokens, formsOf: formsOf(settings.language) };
  const [only] = chunks;
  if (windows.length === 0 && only !== undefined)
    return [finish(text, only, tokens, new Float32Array(), kept, await embedNothing(encoder, permits, turn))];
  const embedded: EmbeddedChunk[] = [];
  const ranges = chunks.map(({ range }) => range);
  const gatherer = gatherChunks(ranges, dimensions, (index, vectors) => {
    const chunk = chunks[index];
    if (chunk === undefined) throw new Error("There is no such chunk");
    embedded[index] = finish(text, chunk, tokens, vectors, kept, meanOf(vectors, dimensions));
  });
  await Promise.all(
    windows.map(async (window) => {
      const giveBack = await permits.take(window.end - window.first + specialTokens, turn.flow, turn.signal);
      try {
        const { keptFrom: first, keptEnd: end } = window;
        gatherer.add({ first, end }, await encodeWindow(window, tokens, encoder, turn));
      } finally {
        giveBack();
      }
    }),
  );
  return embedded;
}

/** The vectors of the tokens that the window keeps. */
async function encodeWindow(
  { first, end, keptFrom, keptEnd }: TokenWindow,
  tokens: Tokens,
  encoder: Encoder,
  { flow, signal, trace }: Turn,
): Promise<Float32Array> {
  const { tokenDimensions: dimensions, specialTokens, leadingTokens } = encoder.info;
  const ids = encoder.withSpecialTokens([...tokens.ids.subarray(first, end)]);
  if (ids.length !== end - first + specialTokens) throw new Error("A window of a document has more tokens than fit");
  const wanted = { wants: { contextual: true }, lane: "bulk", flow, signal, trace: trace?.span.traceparent } as const;
  const { contextual } = await encoder.encode(ids, wanted);
  if (contextual === undefined) throw new Error("The encoder gave no vectors of tokens");
  const rowOf = (token: number): number => (leadingTokens + token - first) * dimensions;
  return contextual.subarray(rowOf(keptFrom), rowOf(keptEnd));
}

/** A text of which the tokenizer makes nothing has the embedding that it has in any other collection. */
async function embedNothing(
  encoder: Encoder,
  permits: TokenPermits,
  { flow, signal, trace }: Turn,
): Promise<Float32Array> {
  const ids = encoder.withSpecialTokens([]);
  const giveBack = await permits.take(ids.length, flow, signal);
  try {
    const wanted = { wants: { embedding: true }, lane: "bulk", flow, signal, trace: trace?.span.traceparent } as const;
    const { embedding } = await encoder.encode(ids, wanted);
    if (embedding === undefined) throw new Error("The encoder gave no embedding");
    return embedding;
  } finally {
    giveBack();
  }
}

function finish(
  text: string,
  { start, end, range }: LateChunk,
  tokens: Tokens,
  vectors: Float32Array,
  kept: { readonly settings: TokenSettings; readonly formsOf: (word: string) => readonly string[] },
  embedding: Float32Array,
): EmbeddedChunk {
  const chunk = { start, end, text: text.slice(start, end), tokens: range.end - range.first, embedding };
  const units = packChunk(chunk, part(tokens, range, start), vectors, { ...kept, dimensions: embedding.length });
  return units === undefined ? chunk : { ...chunk, units };
}

/** At length 1. Summed in the order of the text, so that it is the same however the windows came. */
function meanOf(vectors: Float32Array, dimensions: number): Float32Array {
  const sums = new Float64Array(dimensions);
  for (let from = 0; from < vectors.length; from += dimensions)
    for (let i = 0; i < dimensions; i += 1) sums[i] = (sums[i] ?? 0) + (vectors[from + i] ?? 0);
  const count = vectors.length / dimensions;
  const mean = normalised(Float32Array.from(sums, (sum) => sum / count));
  if (mean === undefined)
    throw new PolysemeError("encode_failed", "The vectors of a chunk's tokens cancel each other.");
  return mean;
}
