import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fuseRanks, keyByGroup, RANK_CONSTANT } from "./rank-fusion.ts";
import { compareHits, type CollectionHit } from "./ranked-hits.ts";

function hitOf(documentId: string, score: number, ordinal = 0, collection = "c"): CollectionHit {
  const chunk = { ordinal, start: 0, end: 1, text: "x" };
  return { documentId, score, collection, title: null, metadata: {}, chunk };
}

/** Documents in an order of their own. */
const ranking = fc
  .uniqueArray(fc.integer({ min: 0, max: 30 }), { maxLength: 20 })
  .map((ids) => ids.map((id, i) => hitOf(`d${id}`, 1 - i / 100)));
const byDocument = keyByGroup("document");

describe("two rankings fused by reciprocal rank", () => {
  test("have the scores of the formula, and each hit once with its places", () => {
    fc.assert(
      fc.property(ranking, ranking, (vector, lexical) => {
        const fused = fuseRanks({ vector, lexical }, byDocument);
        expect(new Set(fused.map(byDocument)).size).toBe(fused.length);
        expect(new Set(fused.map(byDocument))).toEqual(new Set([...vector, ...lexical].map(byDocument)));
        for (const { documentId, score, ranks } of fused) {
          const places = [vector, lexical].map((list) => list.findIndex((hit) => hit.documentId === documentId) + 1);
          expect([ranks.vector ?? 0, ranks.lexical ?? 0]).toEqual(places);
          const sum = places.reduce((total, place) => total + (place === 0 ? 0 : 1 / (RANK_CONSTANT + place)), 0);
          expect(score).toBeCloseTo(sum, 12);
        }
      }),
      { numRuns: 200 },
    );
  });

  test("put what is first in both before all others, and keep the order of one list alone", () => {
    fc.assert(
      fc.property(ranking, (list) => {
        const alone = fuseRanks({ vector: list, lexical: [] }, byDocument).sort(compareHits);
        expect(alone.map(byDocument)).toEqual(list.map(byDocument));
        const twice = fuseRanks({ vector: list, lexical: list }, byDocument).sort(compareHits);
        expect(twice.map(byDocument)).toEqual(list.map(byDocument));
      }),
      { numRuns: 200 },
    );
  });

  test("show the chunk of the better place", () => {
    const vector = [hitOf("a", 0.9, 1), hitOf("b", 0.8, 1)];
    const lexical = [hitOf("b", 7, 2), hitOf("a", 6, 2)];
    const chunks = fuseRanks({ vector, lexical }, byDocument).map(({ documentId, chunk }) => [
      documentId,
      chunk.ordinal,
    ]);
    expect(new Map(chunks as [string, number][])).toEqual(
      new Map([
        ["a", 1],
        ["b", 2],
      ]),
    );
    expect(fuseRanks({ vector, lexical }, keyByGroup("chunk"))).toHaveLength(4);
  });
});
