import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { BY_ENCODER, givenChunks } from "./given-vectors.ts";

const given = (dimensions: number) => ({ kind: "given", dimensions }) as const;
const base64 = (numbers: Float32Array): string => Buffer.from(numbers.buffer).toString("base64");

describe("vectors that come with a document", () => {
  test("are the same whether they come as numbers or as bytes", () => {
    const numbers = fc.array(fc.float({ min: Math.fround(-1e6), max: Math.fround(1e6), noNaN: true }), {
      minLength: 1,
      maxLength: 8,
    });
    fc.assert(
      fc.property(numbers, (values) => {
        const vector = Float32Array.from(values);
        const asNumbers = givenChunks({ embedding: values }, "text", given(values.length));
        const asBytes = givenChunks({ embedding: base64(vector) }, "text", given(values.length));
        expect(asBytes).toEqual(asNumbers);
        if (vector.some((value) => Math.abs(value) > 1e-10))
          expect(asNumbers).toEqual([{ start: 0, end: 4, tokens: 0, embedding: vector }]);
      }),
    );
  });

  test("are none's to bring where a model makes them, and everybody's where none does", () => {
    expect(givenChunks({}, "text", BY_ENCODER)).toBeUndefined();
    expect(givenChunks({ embedding: [1] }, "text", BY_ENCODER)).toMatchObject({ fault: { field: "embedding" } });
    expect(givenChunks({ chunks: [] }, "text", BY_ENCODER)).toMatchObject({ fault: { field: "chunks" } });
    expect(givenChunks({}, "text", given(1))).toMatchObject({ fault: { field: "embedding" } });
    expect(givenChunks({}, "text", { kind: "either", dimensions: 1 })).toBeUndefined();
  });

  test.each([
    [[1e-23, 0], "embedding"],
    [[-0, 0], "embedding"],
    [[2e19, 2e19], "embedding"],
    [[1, 1e39], "embedding[1]"],
    [[1, null], "embedding[1]"],
    [[1], "embedding"],
    [{}, "embedding"],
    ["AAAA", "embedding"],
    [base64(Float32Array.of(NaN, 1)), "embedding[0]"],
  ])("are refused where a distance would be no number: %j", (embedding, field) => {
    expect(givenChunks({ embedding }, "text", given(2))).toMatchObject({ fault: { field } });
  });

  test.each([
    [{ start: -1, end: 2 }, "chunks[0].start"],
    [{ start: 0.5, end: 2 }, "chunks[0].start"],
    [{ start: 2, end: 2 }, "chunks[0].end"],
    [{ start: 0, end: 7 }, "chunks[0].end"],
    [{ start: 0, end: 5 }, "chunks[0]"],
    [{ start: 0, end: 2, tokens: -1 }, "chunks[0].tokens"],
    [null, "chunks[0]"],
  ])("are refused with offsets that are no part of the text: %j", (place, field) => {
    const chunk = place === null ? null : { ...place, embedding: [1] };
    expect(givenChunks({ chunks: [chunk] }, "abcd👍", given(1))).toMatchObject({ fault: { field } });
  });
});
