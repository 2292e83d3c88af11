import type { Encoder, Tokens } from "@polyseme/encoder";

/** Most of a chunk that its context may take, so that the chunk's vector stays that of its text. */
const MOST_SHARE = 0.25;

const NONE = new Int32Array();

/**
 * Gives the ids of contexts, without special tokens. One that is longer than a quarter of a chunk loses its beginning, up
 * to a word: the names at its end are the nearest to the text. Each is tokenised once.
 * @param maxTokens of a chunk
 * @param prompt what the model wants before a document: it stands before each context
 */
export function makeContextReader(
  encoder: Pick<Encoder, "tokenizeWhole">,
  maxTokens: number,
  prompt: string,
): (context: string | undefined) => Promise<Int32Array> {
  const most = Math.floor(maxTokens * MOST_SHARE);
  const known = new Map<string, Promise<Int32Array>>();
  const promptIds = async (): Promise<Int32Array> =>
    // A space at its end would be a token of its own to some tokenizers.
    prompt === "" ? NONE : (await encoder.tokenizeWhole(prompt.trimEnd())).ids;
  return (context) => {
    if (context === undefined) return Promise.resolve(NONE);
    const before = known.get(context);
    if (before !== undefined) return before;
    // A line of its own, for tokenizers to which the end of a line is a token.
    const ids = Promise.all([promptIds(), encoder.tokenizeWhole(`${context}\n`)]).then(([before, tokens]) =>
      joined(before, lastOf(tokens, most)),
    );
    known.set(context, ids);
    return ids;
  };
}

function joined(first: Int32Array, second: Int32Array): Int32Array {
  if (first.length === 0) return second;
  const all = new Int32Array(first.length + second.length);
  all.set(first);
  all.set(second, first.length);
  return all;
}

function lastOf({ ids, starts, ends }: Tokens, most: number): Int32Array {
  const least = Math.max(0, ids.length - most);
  if (least === 0) return ids;
  for (let i = least; i < ids.length; i += 1) if ((starts[i] ?? 0) > (ends[i - 1] ?? 0)) return ids.subarray(i);
  return ids.subarray(least);
}

/** What the model reads: the context behind the leading special tokens, then the chunk's own. */
export function withContext(ids: Int32Array, context: Int32Array, leadingTokens: number): Int32Array {
  if (context.length === 0) return ids;
  const all = new Int32Array(ids.length + context.length);
  all.set(ids.subarray(0, leadingTokens));
  all.set(context, leadingTokens);
  all.set(ids.subarray(leadingTokens), leadingTokens + context.length);
  return all;
}

/**
 * The vectors of a chunk's own tokens, special ones among them.
 * @param vectors [tokens, dimensions] of `withContext`
 */
export function ownVectors(
  vectors: Float32Array,
  contextTokens: number,
  { leadingTokens, dimensions }: { readonly leadingTokens: number; readonly dimensions: number },
): Float32Array {
  if (contextTokens === 0) return vectors;
  const from = leadingTokens * dimensions;
  const own = new Float32Array(vectors.length - contextTokens * dimensions);
  own.set(vectors.subarray(0, from));
  own.set(vectors.subarray(from + contextTokens * dimensions), from);
  return own;
}
