import { asPolysemeError, PolysemeError } from "@polyseme/core";
import type { Encoder, EncoderRegistry } from "@polyseme/encoder";
import type { EmbeddedChunk, Generation } from "@polyseme/store";
import { embedDocument } from "./embed-document.ts";
import type { SectionedText } from "./stretches.ts";
import type { TokenPermits } from "./token-permits.ts";
import type { DocumentSettings, Turn } from "./turn.ts";

/** The models that read the documents of a collection. */
export interface DocumentEncoders {
  readonly dense: Encoder;
  /** Of collections with a sparse model. */
  readonly sparse?: Encoder | undefined;
}

/** What names the sparse model in an error, so that it is not taken for the other one. */
const SPARSE_FIELD = "sparse.model";

/** @throws PolysemeError as the registry does */
export async function openEncodersOf(
  encoders: Pick<EncoderRegistry, "get">,
  { model, sparse = null }: Pick<Generation, "model" | "sparse">,
): Promise<DocumentEncoders> {
  const dense = await encoders.get(model);
  if (sparse === null) return { dense };
  return { dense, sparse: await encoders.get(sparse.model).catch(ofSparse) };
}

/**
 * A document's chunks as `embedDocument` gives them, with their sparse vectors where the collection has a sparse model. That
 * one reads the text of each chunk alone, with what it wants before a document; what is longer than it takes is cut for it.
 * @throws PolysemeError as the encoders do
 */
export async function embedWithSparse(
  document: SectionedText,
  settings: DocumentSettings,
  { dense, sparse }: DocumentEncoders,
  permits: TokenPermits,
  turn: Turn,
): Promise<EmbeddedChunk[]> {
  const chunks = await embedDocument(document, settings, dense, permits, turn);
  if (sparse === undefined) return chunks;
  return Promise.all(chunks.map((chunk) => addSparse(chunk, sparse, permits, turn))).catch(ofSparse);
}

async function addSparse(
  chunk: EmbeddedChunk,
  encoder: Encoder,
  permits: TokenPermits,
  { flow, signal, trace }: Turn,
): Promise<EmbeddedChunk> {
  const [tokens] = await encoder.tokenizeIds([encoder.info.prompts.document + chunk.text]);
  if (tokens === undefined) throw new Error("The tokenizer lost a text");
  const giveBack = await permits.take(tokens.ids.length, flow, signal);
  try {
    const wanted = { wants: { sparse: true }, lane: "bulk", flow, signal, trace: trace?.span.traceparent } as const;
    const { sparse } = await encoder.encode(tokens.ids, wanted);
    if (sparse === undefined) throw new Error("The encoder gave no sparse vector");
    return { ...chunk, sparse };
  } finally {
    giveBack();
  }
}

/** @throws PolysemeError what was thrown, with the sparse model as its field */
function ofSparse(thrown: unknown): never {
  const { code, message, details } = asPolysemeError(thrown);
  throw new PolysemeError(code, message, { details: { ...details, field: SPARSE_FIELD }, cause: thrown });
}

/** Whether it is the sparse model that cannot run: a worker goes on with the collections that have none. */
export function isOfSparse({ details }: PolysemeError): boolean {
  return details?.["field"] === SPARSE_FIELD;
}
