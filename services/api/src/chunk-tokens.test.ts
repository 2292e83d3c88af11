import { DEFAULT_INDEX, NO_TOKENS, packTokens } from "@polyseme/core";
import type { EncoderRegistry } from "@polyseme/encoder";
import { encodeVector, type Collection, type Hit } from "@polyseme/store";
import { describe, expect, test } from "vitest";
import { chunksAtOnce, makeChunkTokens, type HitTokens } from "./chunk-tokens.ts";

const never = new AbortController().signal;
const generation = {
  number: 1,
  model: "small",
  dimensions: 4,
  chunking: { maxTokens: 256, overlapTokens: 0, strategy: "sentence" as const },
  tokens: { ...NO_TOKENS, tokenVectors: "int8" as const },
  tokenSet: 1,
  language: null,
};
const collection: Collection = {
  id: 1,
  name: "c",
  language: null,
  index: DEFAULT_INDEX,
  createdAt: new Date(0),
  generation,
};

const hitOf = (id: string, text: string): Hit => ({
  documentId: id,
  score: 0.5,
  title: null,
  metadata: {},
  chunk: { ordinal: 0, start: 10, end: 10 + text.length, text },
});

/** A row as the statement selects it. */
function rowOf(n: number, text: string): Buffer[] {
  const number = Buffer.alloc(4);
  number.writeInt32BE(n);
  const one = Int32Array.of(0);
  const units = { starts: one, ends: Int32Array.of(text.length), pieces: Int32Array.of(1), rows: one };
  const packed = packTokens(units, Float32Array.of(1, 2, 3, 4), { precision: "int8", dimensions: 4, origin: 0 });
  return [number, Buffer.from(text), encodeVector(Float32Array.of(1, 0, 0, 0)), packed];
}

async function read(
  hits: readonly Hit[],
  rows: Buffer[][],
  of = collection,
): Promise<{ seen: HitTokens[]; statements: string[]; together: number[] }> {
  const seen: HitTokens[] = [];
  const statements: string[] = [];
  const together: number[] = [];
  const copyOut = (select: string, onRow: (row: Buffer[]) => void): Promise<void> => {
    statements.push(select);
    for (const row of rows) onRow(row);
    return Promise.resolve();
  };
  const encoders = { get: () => Promise.reject(new Error("Not asked")) } as unknown as EncoderRegistry;
  await makeChunkTokens({ database: { copyOut }, encoders }).forEach(of, hits, never, (tokens) => {
    seen.push(...tokens);
    together.push(tokens.length);
    return Promise.resolve();
  });
  return { seen, statements, together };
}

describe("stored tokens of hits", () => {
  test("come with offsets in the document, and hits that changed or went since are left out", async () => {
    const hits = [hitOf("a", "one"), hitOf("gone", "two"), hitOf("changed", "three"), hitOf("d", "four")];
    const { seen, statements } = await read(hits, [rowOf(3, "four"), rowOf(2, "anew!"), rowOf(0, "one")]);
    expect(statements).toHaveLength(1);
    expect(seen.map(({ number, hit }) => [number, hit.documentId])).toEqual([
      [3, "d"],
      [0, "a"],
    ]);
    expect(seen[0]?.packed.units).toMatchObject({ starts: Int32Array.of(10), ends: Int32Array.of(14) });
    expect(seen[0]?.embedding).toEqual(Float32Array.of(1, 0, 0, 0));
  });

  test("that come while some are at work are handed over together, sixteen at most", async () => {
    const hits = Array.from({ length: 40 }, (_, i) => hitOf(`d${i}`, "one"));
    const { together } = await read(
      hits,
      hits.map((_, i) => rowOf(i, "one")),
    );
    expect(together).toEqual([16, 16, 8]);
  });

  test("are asked for by an escaped literal, whatever an id has in it", async () => {
    const { statements } = await read([hitOf(`it's \\ "x"`, "one")], []);
    expect(statements[0]).toContain(String.raw`E'[{"n":0,"documentId":"it''s \\\\ \\"x\\"","ordinal":0}]'`);
  });

  test("of large chunks are read in several statements, so that few are in memory at once", async () => {
    const wide = { ...generation, dimensions: 4_096, chunking: { ...generation.chunking, maxTokens: 1_024 } };
    expect(chunksAtOnce(wide)).toBe(5);
    expect(chunksAtOnce({ ...wide, tokens: { ...wide.tokens, tokenVectors: "half" } })).toBe(2);
    expect(chunksAtOnce({ ...wide, tokens: NO_TOKENS })).toBe(1);
    expect(chunksAtOnce({ ...wide, chunking: { ...wide.chunking, maxTokens: 65_536 } })).toBe(1);
    expect(chunksAtOnce({ ...generation, dimensions: 384 })).toBeGreaterThanOrEqual(200);
    const hits = Array.from({ length: 12 }, (_, i) => hitOf(`d${i}`, "one"));
    expect((await read(hits, [], { ...collection, generation: wide })).statements).toHaveLength(3);
  });
});
