import { openEncoder, type Encoder } from "@polyseme/encoder";
import { fileURLToPath } from "node:url";

const MODEL = fileURLToPath(new URL("../../models/all-MiniLM-L6-v2", import.meta.url));

/** The bundled encoder; close it. */
export function openBenchEncoder(threads?: number): Promise<Encoder> {
  return openEncoder({ folder: MODEL, threads });
}

/** Texts handed to the tokenizer at once. */
const AT_ONCE = 512;

export async function embedAll(encoder: Encoder, texts: readonly string[]): Promise<Float32Array[]> {
  const vectors: Float32Array[] = [];
  for (let at = 0; at < texts.length; at += AT_ONCE) {
    const tokenised = await encoder.tokenize(texts.slice(at, at + AT_ONCE));
    const encoded = await Promise.all(
      tokenised.map(({ ids }) => encoder.encode(ids, { wants: { embedding: true }, lane: "bulk" })),
    );
    for (const { embedding } of encoded) if (embedding !== undefined) vectors.push(embedding);
  }
  return vectors;
}

/** Length of the noise added to a mixture: enough that no two are alike, little beside the texts' own differences. */
const NOISE = 0.15;

/**
 * So many vectors like those of passages: first the sentences' own, then mixtures of one to three sentences that follow
 * each other (a passage's mean-pooled embedding lies near the mean of its sentences') under random weights, with a little
 * noise, all of length 1. Answers for each also the sentence it begins with.
 */
export function* passageVectors(
  sentences: readonly Float32Array[],
  count: number,
): Generator<{ vector: Float32Array; sentence: number }> {
  const random = makeRandom(7);
  for (let i = 0; i < count; i += 1) {
    const first = i % sentences.length;
    const own = sentences[first];
    if (own === undefined) throw new Error("There are no sentences");
    if (i < sentences.length) {
      yield { vector: own, sentence: first };
      continue;
    }
    const vector = new Float32Array(own.length);
    const parts = 1 + Math.floor(random() * 3);
    for (let part = 0; part < parts; part += 1) {
      const weight = 0.3 + random();
      const source = sentences[Math.min(first + part, sentences.length - 1)] ?? own;
      for (let d = 0; d < vector.length; d += 1) vector[d] = (vector[d] ?? 0) + weight * (source[d] ?? 0);
    }
    addNoise(vector, random);
    yield { vector: normalise(vector), sentence: first };
  }
}

function addNoise(vector: Float32Array, random: () => number): void {
  const length = Math.hypot(...vector);
  // An even draw from [-1, 1] has the variance 1/3.
  const scale = (NOISE * length * Math.sqrt(3)) / Math.sqrt(vector.length);
  for (let d = 0; d < vector.length; d += 1) vector[d] = (vector[d] ?? 0) + scale * (2 * random() - 1);
}

function normalise(vector: Float32Array): Float32Array {
  const length = Math.hypot(...vector);
  return vector.map((value) => value / length);
}

/** Numbers in [0, 1), the same on every run. */
function makeRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
