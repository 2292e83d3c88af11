import { encodeTexts, type Encoder } from "@polyseme/encoder";
import type { Use } from "../../packages/cli/src/eval/uses.ts";

/** All that one run of the encoder says of a use. */
export interface EncodedUse {
  readonly use: Use;
  /** One contextual vector for each token of the word. */
  readonly pieces: readonly Float32Array[];
  readonly statics: readonly Float32Array[];
  /** Of all tokens of the text but the special ones. */
  readonly textMean: Float32Array;
  /** Of the first special token. */
  readonly first: Float32Array;
  readonly embedding: Float32Array;
}

/** @throws Error when a text is cut before its word */
export async function encodeUses(encoder: Encoder, uses: readonly Use[]): Promise<EncodedUse[]> {
  const encoded = await encodeTexts(
    encoder,
    uses.map(({ text }) => text),
    { wants: { embedding: true, contextual: true, statics: true }, lane: "bulk" },
  );
  return encoded.map(({ tokens, encoded: { contextual, statics, embedding } }, index) => {
    const use = uses[index];
    if (use === undefined || contextual === undefined || statics === undefined || embedding === undefined)
      throw new Error("The encoder gave no vectors");
    const width = embedding.length;
    const row = (all: Float32Array, token: number): Float32Array => all.subarray(token * width, (token + 1) * width);
    const own = [...tokens.ids.keys()].filter((token) => tokens.special[token] === 0);
    const ofWord = own.filter(
      (token) => (tokens.starts[token] ?? 0) < use.end && (tokens.ends[token] ?? 0) > use.start,
    );
    if (ofWord.length === 0) throw new Error(`${use.origin}: the text is cut before the word`);
    return {
      use,
      pieces: ofWord.map((token) => row(contextual, token)),
      statics: ofWord.map((token) => row(statics, token)),
      textMean: meanVector(own.map((token) => row(contextual, token))),
      first: row(contextual, 0),
      embedding,
    };
  });
}

export function meanVector(vectors: readonly Float32Array[]): Float32Array {
  const sum = new Float32Array(vectors[0]?.length ?? 0);
  for (const vector of vectors) for (let i = 0; i < sum.length; i += 1) sum[i] = (sum[i] ?? 0) + (vector[i] ?? 0);
  return sum.map((value) => value / vectors.length);
}

export function unitVector(vector: Float32Array): Float32Array {
  const length = Math.sqrt(dot(vector, vector));
  return length === 0 ? vector : vector.map((value) => value / length);
}

export function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i += 1) sum += (a[i] ?? 0) * (b[i] ?? 0);
  return sum;
}
