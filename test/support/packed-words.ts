import { packTokens } from "@polyseme/core";
import type { EmbeddedChunk } from "@polyseme/store";

export const WORD_DIMENSIONS = 3;

/** Packed vectors that tell the text they are of. */
export function packedWords(text: string): Buffer {
  const words = [...text.matchAll(/\S+/g)];
  return packTokens(
    {
      starts: Int32Array.from(words, ({ index }) => index),
      ends: Int32Array.from(words, ({ index, 0: word }) => index + word.length),
      pieces: Int32Array.from(words, () => 1),
      rows: Int32Array.from(words, (_, i) => i),
    },
    Float32Array.from(words.flatMap(([word]) => [1, word.length, Number(word.replaceAll(/\D/g, "")) || 0])),
    { precision: "int8", dimensions: WORD_DIMENSIONS, origin: 0 },
  );
}

/** What an encoder would make of a text: a chunk of every three words. */
export function chunksOfWords(text: string): EmbeddedChunk[] {
  const words = [...text.matchAll(/\S+\s*/g)];
  const groups = Array.from({ length: Math.ceil(words.length / 3) }, (_, i) => words.slice(3 * i, 3 * i + 3));
  return groups.map((group) => {
    const start = group[0]?.index ?? 0;
    const own = group.map(([word]) => word).join("");
    const units = { packed: packedWords(own), forms: own.trim().replaceAll(/\s+/g, " ") };
    const embedding = Float32Array.of(1, 0, 0);
    return { start, end: start + own.length, text: own, tokens: group.length, embedding, units };
  });
}

export function hexOf(bytes: Uint8Array | undefined): string | undefined {
  return bytes === undefined ? undefined : Buffer.from(bytes).toString("hex");
}
