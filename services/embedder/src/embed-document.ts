import type { Encoder } from "@polyseme/encoder";
import type { EmbeddedChunk } from "@polyseme/store";
import { makeFormsOf } from "@polyseme/words";
import { chunkDocument, type PlannedChunk } from "./chunk-document.ts";
import { packChunk } from "./chunk-units.ts";
import { ownVectors, withContext } from "./context-tokens.ts";
import { embedLate } from "./embed-late.ts";
import { NO_JOB_TRACE } from "./job-trace.ts";
import type { SectionedText } from "./stretches.ts";
import type { TokenPermits } from "./token-permits.ts";
import type { DocumentSettings, Turn } from "./turn.ts";

/**
 * A document's chunks with their embeddings. A chunk is encoded as its text alone would be, behind its section's context if
 * it has one, so its embedding does not depend on the rest of the document, unless its collection wants just that
 * (`embedLate`).
 * @throws PolysemeError as the encoder does
 */
export async function embedDocument(
  document: SectionedText,
  settings: DocumentSettings,
  encoder: Encoder,
  permits: TokenPermits,
  turn: Turn,
): Promise<EmbeddedChunk[]> {
  if (settings.tokens.lateChunking) return embedLate(document, settings, encoder, permits, turn);
  const { trace = NO_JOB_TRACE, inTurn } = turn;
  const places = settings.tokens.tokenVectors !== "none";
  const leaveTokenise = trace.enter("tokenise");
  const chunks = await chunkDocument(document, settings.chunking, encoder, { inTurn, places }).finally(leaveTokenise);
  const leaveEncode = trace.enter("encode");
  return Promise.all(chunks.map((chunk) => embedChunk(chunk, settings, encoder, permits, turn))).finally(leaveEncode);
}

async function embedChunk(
  chunk: PlannedChunk,
  settings: DocumentSettings,
  encoder: Encoder,
  permits: TokenPermits,
  { flow, signal, trace, formsOf = makeFormsOf }: Turn,
): Promise<EmbeddedChunk> {
  const { start, end, text, context } = chunk;
  const { ids, starts, ends, special } = chunk.tokens;
  const hasPlaces = starts !== undefined && ends !== undefined && special !== undefined;
  const { tokenDimensions: dimensions, leadingTokens, lateInteraction: compared } = encoder.info;
  const read = withContext(ids, context, leadingTokens);
  const giveBack = await permits.take(read.length, flow, signal);
  try {
    const wants = { embedding: true, contextual: hasPlaces };
    const wanted = { wants, lane: "bulk", flow, signal, trace: trace?.span.traceparent } as const;
    const { embedding, contextual } = await encoder.encode(read, wanted);
    if (embedding === undefined) throw new Error("The encoder gave no embedding");
    const encoded = { start, end, text, tokens: ids.length, embedding };
    if (!hasPlaces) return encoded;
    if (contextual === undefined) throw new Error("The encoder gave no vectors of tokens");
    const { tokens, language } = settings;
    const own = ownVectors(contextual, context.length, { leadingTokens, dimensions });
    const settled = { settings: tokens, dimensions, formsOf: formsOf(language), compared };
    const units = packChunk(chunk, { ids, starts, ends, special }, own, settled);
    return units === undefined ? encoded : { ...encoded, units };
  } finally {
    giveBack();
  }
}
