import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { openEncoder, type Encoder } from "@polyseme/encoder";

const MODEL = fileURLToPath(new URL("../../models/all-MiniLM-L6-v2", import.meta.url));

const KEPT = fileURLToPath(new URL("../results/vectors", import.meta.url));

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

/** The texts' embeddings, made once and kept beside the results: it takes a minute that has nothing to do with the figures. */
export async function embedOnce(texts: readonly string[]): Promise<Float32Array[]> {
  const encoder = await openBenchEncoder();
  try {
    const { dimensions, file } = encoder.info;
    const key = createHash("sha256").update(file).update(JSON.stringify(texts)).digest("hex").slice(0, 16);
    const path = `${KEPT}/${key}.f32`;
    if (existsSync(path)) {
      const bytes = await readFile(path);
      const all = new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
      return texts.map((_, index) => all.subarray(index * dimensions, (index + 1) * dimensions));
    }
    const vectors = await embedAll(encoder, texts);
    await mkdir(KEPT, { recursive: true });
    await writeFile(
      path,
      Buffer.concat(vectors.map(({ buffer, byteOffset, byteLength }) => Buffer.from(buffer, byteOffset, byteLength))),
    );
    return vectors;
  } finally {
    await encoder.close();
  }
}

/** How far away a mixture's second sentence may stand: in the same passage or near it. */
const NEAR = 5;

/**
 * So many vectors like those of passages: first the sentences' own, then mixtures of three sentences, one, one near it in
 * the text and one from anywhere, under random weights, of length 1. (A passage's mean-pooled embedding lies near the mean
 * of its sentences'.) What makes two of one sentence differ is real text too: noise that is alike in every direction is
 * found in no model's vectors, and near copies are found in few collections. Answers for each also its first sentence.
 */
export function* passageVectors(
  sentences: readonly Float32Array[],
  count: number,
): Generator<{ vector: Float32Array; sentence: number }> {
  const random = makeRandom(7);
  const at = (index: number): Float32Array => sentences[index] ?? new Float32Array();
  for (let i = 0; i < count; i += 1) {
    const sentence = i % sentences.length;
    if (i < sentences.length) {
      yield { vector: at(sentence), sentence };
      continue;
    }
    const near = Math.min(sentences.length - 1, sentence + 1 + Math.floor(random() * NEAR));
    const far = Math.floor(random() * sentences.length);
    const parts = [
      { source: at(sentence), weight: 0.5 + 0.5 * random() },
      { source: at(near), weight: 0.2 + 0.6 * random() },
      { source: at(far), weight: 0.2 + 0.4 * random() },
    ];
    const mixture = Float32Array.from(at(sentence), (_, d) =>
      parts.reduce((sum, { source, weight }) => sum + weight * (source[d] ?? 0), 0),
    );
    yield { vector: normalise(mixture), sentence };
  }
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
