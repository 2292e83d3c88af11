import fc from "fast-check";
import { expect, test } from "vitest";
import { gatherChunks, type TokenRange } from "./gather-chunks.ts";

const DIMENSIONS = 2;

/** Each token's vector tells its number. */
const vectorsOf = ({ first, end }: TokenRange): Float32Array =>
  Float32Array.from({ length: (end - first) * DIMENSIONS }, (_, i) => first + Math.floor(i / DIMENSIONS) + (i % 2) / 2);

/** Ranges that cover `count` tokens, each beginning at most `overlap` before the end of the one before it, none inside it. */
const rangesOver = (count: number, sizes: readonly number[], overlap: number): TokenRange[] => {
  const ranges: TokenRange[] = [];
  for (let first = 0, before = 0; before < count;) {
    const end = Math.min(count, Math.max(before + 1, first + (sizes[ranges.length % sizes.length] ?? 1)));
    ranges.push({ first, end });
    before = end;
    first = Math.max(first + 1, end - overlap);
  }
  return ranges;
};
const sizes = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 8 });

test("every chunk is told once with exactly its tokens' vectors, however windows are cut and in whatever order they come", () => {
  const plan = fc.integer({ min: 1, max: 200 }).chain((count) =>
    fc.record({
      chunks: fc
        .tuple(sizes, fc.integer({ min: 0, max: 10 }))
        .map(([each, overlap]) => rangesOver(count, each, overlap)),
      windows: sizes
        .map((each) => rangesOver(count, each, 0))
        .chain((windows) => fc.shuffledSubarray(windows, { minLength: windows.length })),
    }),
  );
  fc.assert(
    fc.property(plan, ({ chunks, windows }) => {
      const told = new Map<number, number[]>();
      const gatherer = gatherChunks(chunks, DIMENSIONS, (index, vectors) => {
        expect(told.has(index)).toBe(false);
        told.set(index, [...vectors]);
      });
      for (const window of windows) gatherer.add(window, vectorsOf(window));
      expect(chunks.map((_, index) => told.get(index))).toEqual(chunks.map((chunk) => [...vectorsOf(chunk)]));
      expect(gatherer.open).toBe(0);
    }),
    { numRuns: 500 },
  );
});

test("of a long document that comes in order no more than one chunk is held", () => {
  const gatherer = gatherChunks(rangesOver(10_000, [60], 0), DIMENSIONS, () => undefined);
  let most = 0;
  for (const window of rangesOver(10_000, [190], 0)) {
    gatherer.add(window, vectorsOf(window));
    most = Math.max(most, gatherer.open);
  }
  expect(most).toBe(1);
});
