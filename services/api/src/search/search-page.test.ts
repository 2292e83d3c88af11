import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compareHits, mergeHits, type CollectionHit } from "./ranked-hits.ts";
import { MOST_PAGED, readCursor, readPage, writeCursor, type Cursor } from "./search-page.ts";

/** Few scores, so that many hits share one. */
const hits = fc
  .uniqueArray(fc.record({ id: fc.integer({ min: 0, max: 400 }), score: fc.integer({ min: 0, max: 6 }) }), {
    selector: ({ id }) => id,
    maxLength: 120,
  })
  .map((all) => all.map(({ id, score }) => hitOf(`d${id}`, score / 6)));

function hitOf(documentId: string, score: number): CollectionHit {
  const chunk = { ordinal: 0, start: 0, end: 1, text: "x" };
  return { documentId, score, collection: "c", title: null, metadata: {}, chunk };
}

/** As a statement answers: the best so many, those of equal score in an order that says nothing. */
function statementOver(all: readonly CollectionHit[], salt: number) {
  const mixed = (hit: CollectionHit): number => (Number(hit.documentId.slice(1)) * (salt + 7)) % 101;
  const sorted = [...all].sort((a, b) => b.score - a.score || mixed(a) - mixed(b));
  return (limit: number) =>
    Promise.resolve(mergeHits([{ hits: sorted.slice(0, limit), isAll: sorted.length < limit }], limit));
}

async function allPages(all: readonly CollectionHit[], sizes: readonly number[]): Promise<CollectionHit[]> {
  const joined: CollectionHit[] = [];
  let cursor: Pick<Cursor, "last" | "seen"> | undefined;
  for (let page = 0; ; page += 1) {
    const { hits: some, next } = await readPage(statementOver(all, page), {
      cursor,
      k: sizes[page % sizes.length] ?? 1,
    });
    joined.push(...some);
    if (next === undefined) return joined;
    cursor = next;
  }
}

describe("pages", () => {
  test("joined are the one large answer, whatever their sizes and however many hits share a score", async () => {
    await fc.assert(
      fc.asyncProperty(
        hits,
        fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 5 }),
        async (all, sizes) => {
          const expected = [...all].sort(compareHits).map(({ documentId }) => documentId);
          expect((await allPages(all, sizes)).map(({ documentId }) => documentId)).toEqual(expected);
        },
      ),
      { numRuns: 200 },
    );
  });

  test("neither repeat nor leave out a hit when others come or go before them", async () => {
    const all = Array.from({ length: 50 }, (_, i) => hitOf(`d${i}`, 1 - i / 100));
    const first = await readPage(statementOver(all, 1), { cursor: undefined, k: 10 });
    const changed = [hitOf("d300", 1), hitOf("d301", 1), ...all.filter(({ documentId }) => documentId !== "d3")];
    const second = await readPage(statementOver(changed, 2), { cursor: first.next, k: 10 });
    expect(second.hits.map(({ documentId }) => documentId)).toEqual(
      all.slice(10, 20).map(({ documentId }) => documentId),
    );
  });

  test("end where they are too deep", async () => {
    const all = Array.from({ length: 1_500 }, (_, i) => hitOf(`d${i}`, 1 - i / 2_000));
    expect(await allPages(all, [300])).toHaveLength(MOST_PAGED);
  });
});

test("a cursor is read back as it was written, and refused for another search or when it is none", () => {
  const cursor = fc.record({
    last: fc.record({
      score: fc.double({ noNaN: true, noDefaultInfinity: true }).map((score) => score + 0),
      collection: fc.string(),
      documentId: fc.string({ unit: "grapheme" }),
      chunk: fc.record({ ordinal: fc.nat() }),
    }),
    seen: fc.integer({ min: 0, max: MOST_PAGED }),
    depth: fc.integer({ min: 0, max: MOST_PAGED }),
  });
  fc.assert(
    fc.property(cursor, (one) => {
      expect(readCursor(writeCursor(one, "abc"), "abc")).toEqual(one);
      expect(() => readCursor(writeCursor(one, "abc"), "abd")).toThrow(/another search/);
    }),
    { numRuns: 200 },
  );
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
      for (const page of [text, Buffer.from(text).toString("base64url")])
        expect(() => readCursor(page, "abc")).toThrow(expect.objectContaining({ code: "invalid" }));
    }),
    { numRuns: 200 },
  );
});
