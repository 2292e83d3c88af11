import { packTokens, unpackTokens, type PackedTokens } from "@polyseme/core";
import { encodeTexts, tokenUnits, unitVectors, wordUnits, type EncoderRegistry } from "@polyseme/encoder";
import {
  readChunkVectors,
  type ChunkVectors,
  type Collection,
  type Database,
  type Generation,
  type Hit,
} from "@polyseme/store";
import { makeGate, type Gate } from "./gate.ts";

/** A hit's chunk as it is stored now. */
export interface HitTokens {
  /** Place of the hit among those asked for. */
  readonly number: number;
  readonly hit: Hit;
  readonly embedding: Float32Array;
  /** With offsets in the document. */
  readonly packed: PackedTokens;
}

/** A chunk as it came, and its place among those asked for. */
interface Read {
  readonly place: number;
  readonly found: ChunkVectors;
}

export interface ChunkTokensDeps {
  readonly database: Pick<Database, "copyOut">;
  readonly encoders: EncoderRegistry;
}

/** Packed values that are in memory at once for one caller: 200 chunks of 256 tokens at int8. */
const FETCHED_BYTES = 24 * 1024 * 1024;
/** Callers with packed values in memory. */
const FETCHING_AT_ONCE = 3;
/** Chunks that are handed over together: some 2,000 rows, a few milliseconds of the event loop. */
const HANDED_TOGETHER = 16;
/** Of one number of a vector. Where none are stored, they come from the encoder. */
const VALUE_BYTES = { none: 4, int8: 1, half: 2 } as const;
/** Of a unit besides its vector: scale, norm and place. */
const UNIT_BYTES = 16;

export interface ChunkTokens {
  /**
   * Tokens of hits' chunks: from the store, or where the collection keeps none from the encoder. Handed to `use` in any
   * order, some at a time: those that came while it was at work. A hit whose chunk was written anew since it was found is
   * left out.
   */
  forEach(
    collection: Collection,
    hits: readonly Hit[],
    signal: AbortSignal,
    use: (tokens: readonly HitTokens[]) => Promise<void>,
  ): Promise<void>;
}

export function makeChunkTokens(deps: ChunkTokensDeps): ChunkTokens {
  const gate: Gate = makeGate(FETCHING_AT_ONCE);
  return {
    forEach: (collection, hits, signal, use) =>
      gate.pass(async () => {
        const step = chunksAtOnce(collection.generation);
        for (let from = 0; from < hits.length; from += step) {
          const some = hits.slice(from, from + step);
          const encoded = keepsTokens(collection)
            ? undefined
            : await encodeChunks(deps.encoders, collection.generation, some, signal);
          const keys = some.map(({ documentId, chunk }) => ({ documentId, ordinal: chunk.ordinal }));
          const tokensOf = ({ place, found }: Read): HitTokens | undefined => {
            const hit = some[place];
            const bytes = encoded?.[place] ?? found.packed;
            if (hit === undefined || bytes === undefined || found.text !== hit.chunk.text) return undefined;
            const packed = unpackTokens(bytes, hit.chunk.start);
            return { number: from + place, hit, embedding: found.embedding, packed };
          };
          const waiting: Read[] = [];
          const useWaiting = async (): Promise<void> => {
            while (waiting.length > 0) {
              signal.throwIfAborted();
              await use(waiting.splice(0, HANDED_TOGETHER).flatMap((read) => tokensOf(read) ?? []));
            }
          };
          // The first are used while the others are still read.
          let used = Promise.resolve();
          await readChunkVectors(deps.database, collection, keys, { packed: true }, (place, found) => {
            if (waiting.push({ place, found }) > 1) return;
            used = used.then(useWaiting);
            // Waited for below; until then nobody would have caught it.
            used.catch(() => undefined);
          });
          await used;
        }
      }, signal),
  };
}

export function keepsTokens({ generation }: Collection): boolean {
  return generation.tokens.tokenVectors !== "none";
}

/** How many chunks of such a generation are held at once, whatever is in them. */
export function chunksAtOnce({ chunking, dimensions, tokens }: Generation): number {
  return Math.max(
    1,
    Math.floor(FETCHED_BYTES / (chunking.maxTokens * (dimensions * VALUE_BYTES[tokens.tokenVectors] + UNIT_BYTES))),
  );
}

/** As an embedder would have packed them at int8, so that hits are explained alike whether or not tokens are stored. */
async function encodeChunks(
  encoders: EncoderRegistry,
  { model, dimensions }: Generation,
  hits: readonly Hit[],
  signal: AbortSignal,
): Promise<Buffer[]> {
  const encoder = await encoders.get(model);
  const texts = hits.map(({ chunk }) => chunk.text);
  const all = await encodeTexts(encoder, texts, { wants: { contextual: true }, lane: "interactive", signal });
  return all.map(({ tokens, encoded }, i) => {
    if (encoded.contextual === undefined) throw new Error("The encoder gave no contextual vectors");
    const { lateInteraction } = encoder.info;
    const units =
      lateInteraction === undefined ? wordUnits(texts[i] ?? "", tokens) : tokenUnits(tokens, lateInteraction);
    const vectors = unitVectors(units, encoded.contextual, dimensions);
    return packTokens(units, vectors, { precision: "int8", dimensions, origin: 0 });
  });
}
