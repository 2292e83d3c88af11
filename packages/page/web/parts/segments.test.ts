import fc from "fast-check";
import { expect, test } from "vitest";
import { segmentsOf } from "./segments.ts";

test("cuts a text at every border of a span, with what covers each piece", () => {
  expect(
    segmentsOf("a sweet apple", 100, [
      { start: 102, end: 113 },
      { start: 108, end: 113 },
    ]),
  ).toEqual([
    { text: "a ", spans: [] },
    { text: "sweet ", spans: [0] },
    { text: "apple", spans: [0, 1] },
  ]);
});

test("gives the text back whatever the spans are, and each span exactly its part of it", () => {
  const span = fc.tuple(fc.integer({ min: -5, max: 40 }), fc.integer({ min: -5, max: 40 }));
  fc.assert(
    fc.property(
      fc.string({ unit: "grapheme" }),
      fc.nat(20),
      fc.array(span, { maxLength: 6 }),
      (text, offset, pairs) => {
        const spans = pairs.map(([start, end]) => ({ start: start + offset, end: end + offset }));
        const pieces = segmentsOf(text, offset, spans);
        expect(pieces.map((piece) => piece.text).join("")).toBe(text);
        pairs.forEach(([start, end], index) => {
          const covered = pieces.filter((piece) => piece.spans.includes(index)).map((piece) => piece.text);
          expect(covered.join("")).toBe(start < end ? text.slice(Math.max(start, 0), Math.max(end, 0)) : "");
        });
      },
    ),
  );
});
