import type { Chunking } from "@polyseme/core";
import { openEncoder, readModelConfig } from "@polyseme/encoder";
import { chunkDocument } from "../services/embedder/src/chunk-document.ts";
import type { BenchDocument } from "./texts.ts";

/**
 * The token ids of the very chunks that the embedder makes of these documents in a collection with default settings,
 * document by document.
 */
export async function planDocuments(folder: string, documents: readonly BenchDocument[]): Promise<Int32Array[][]> {
  const { maxTokens } = await readModelConfig(folder);
  const chunking: Chunking = { maxTokens, overlapTokens: 0, strategy: "sentence" };
  const encoder = await openEncoder({ folder, threads: 1 });
  try {
    const planned: Int32Array[][] = [];
    for (const { text } of documents) {
      const chunks = await chunkDocument({ text }, chunking, encoder);
      planned.push(chunks.map(({ tokens }) => tokens.ids));
    }
    return planned;
  } finally {
    await encoder.close();
  }
}

export interface Load {
  readonly documents: readonly BenchDocument[];
  /** The chunks of each document. */
  readonly planned: readonly Int32Array[][];
  /** The chunks of all of them. */
  readonly chunks: readonly Int32Array[];
  readonly tokens: number;
}

/** Steps of the golden ratio visit a list evenly, however early one stops. */
const GOLDEN = 0.618_033_988_75;
/** A document that would bring the load this far above what is wanted is left out. */
const MOST_ABOVE = 1.05;

/**
 * Documents that hold about so many tokens, spread evenly over the corpus, as its beginning may be unlike its end; in the
 * corpus's order, the same ones each time.
 */
export function loadOf(documents: readonly BenchDocument[], planned: readonly Int32Array[][], tokens: number): Load {
  const visit = documents.map((_, index) => index).sort((a, b) => ((a * GOLDEN) % 1) - ((b * GOLDEN) % 1));
  const taken = new Set<number>();
  let sum = 0;
  for (const index of visit) {
    const more = tokensOf(planned[index] ?? []);
    if (sum >= tokens || (taken.size > 0 && sum + more > tokens * MOST_ABOVE)) continue;
    taken.add(index);
    sum += more;
  }
  const kept = planned.filter((_, index) => taken.has(index));
  return {
    documents: documents.filter((_, index) => taken.has(index)),
    planned: kept,
    chunks: kept.flat(),
    tokens: sum,
  };
}

export function tokensOf(texts: readonly Int32Array[]): number {
  return texts.reduce((sum, { length }) => sum + length, 0);
}
