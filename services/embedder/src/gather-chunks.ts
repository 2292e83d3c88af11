/** Numbers of a document's tokens, [first, end). */
export interface TokenRange {
  readonly first: number;
  readonly end: number;
}

/** Takes the vectors of tokens as they come, in any order, and hands a chunk's over once all of them are there. */
export interface ChunkGatherer {
  /**
   * @param kept tokens that were not given before
   * @param vectors [tokens, dimensions] of them; may be handed on as they are
   */
  add(kept: TokenRange, vectors: Float32Array): void;
  /** Chunks that have some of their vectors and wait for others: what is held in memory. */
  readonly open: number;
}

/**
 * Holds vectors of chunks alone that lie across windows, and those no longer than until their last window: a whole book's
 * would be 1.5 kB a token.
 * @param chunks in the document's order, each with a token at least; they may overlap, but none lies in another
 * @param whole told of each chunk once, with the vectors of its tokens, [tokens, dimensions]
 */
export function gatherChunks(
  chunks: readonly TokenRange[],
  dimensions: number,
  whole: (index: number, vectors: Float32Array) => void,
): ChunkGatherer {
  const held = new Map<number, { readonly vectors: Float32Array; missing: number }>();
  return {
    get open() {
      return held.size;
    },
    add(kept, vectors) {
      for (let index = firstEndingAfter(chunks, kept.first); index < chunks.length; index += 1) {
        const { first, end } = chunks[index] ?? { first: kept.end, end: kept.end };
        if (first >= kept.end) return;
        const from = Math.max(first, kept.first);
        const to = Math.min(end, kept.end);
        const part = vectors.subarray((from - kept.first) * dimensions, (to - kept.first) * dimensions);
        if (to - from === end - first) {
          whole(index, part);
          continue;
        }
        const chunk = held.get(index) ?? {
          vectors: new Float32Array((end - first) * dimensions),
          missing: end - first,
        };
        chunk.vectors.set(part, (from - first) * dimensions);
        chunk.missing -= to - from;
        if (chunk.missing > 0) held.set(index, chunk);
        else {
          held.delete(index);
          whole(index, chunk.vectors);
        }
      }
    },
  };
}

/** By halving: a book has thousands of chunks and windows. */
function firstEndingAfter(chunks: readonly TokenRange[], token: number): number {
  let low = 0;
  let high = chunks.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((chunks[middle]?.end ?? Infinity) > token) high = middle;
    else low = middle + 1;
  }
  return low;
}
