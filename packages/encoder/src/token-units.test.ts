import { expect, test } from "vitest";
import { tokenUnits } from "./token-units.ts";

const tokensOf = (...tokens: readonly (readonly [id: number, start: number, end: number, special: 0 | 1])[]) => ({
  ids: Int32Array.from(tokens, ([id]) => id),
  starts: Int32Array.from(tokens, ([, start]) => start),
  ends: Int32Array.from(tokens, ([, , end]) => end),
  special: Uint8Array.from(tokens, ([, , , special]) => special),
});

test("tokens that are compared are units, special ones without a length at the text's ends", () => {
  const tokens = tokensOf([2, 0, 0, 1], [9, 0, 0, 1], [20, 1, 4, 0], [7, 4, 5, 0], [21, 6, 8, 0], [3, 0, 0, 1]);
  const { starts, ends, pieces, rows, first } = tokenUnits(tokens, { skipped: new Set([7]) });
  expect([...first]).toEqual([0, 1, 2, 4, 5]);
  expect([...rows]).toEqual([0, 1, 2, 3, 4]);
  expect([...pieces]).toEqual([1, 1, 1, 1, 1]);
  expect([...starts]).toEqual([0, 0, 1, 6, 8]);
  expect([...ends]).toEqual([0, 0, 4, 8, 8]);
});

test("tokens that are bytes of one sign do not overlap", () => {
  const { starts, ends } = tokenUnits(tokensOf([5, 0, 2, 0], [6, 0, 2, 0], [8, 1, 4, 0]), { skipped: new Set() });
  expect([...starts]).toEqual([0, 2, 2]);
  expect([...ends]).toEqual([2, 2, 4]);
});

test("a text of which nothing is compared has none", () => {
  expect(tokenUnits(tokensOf([7, 0, 1, 0]), { skipped: new Set([7]) }).first).toHaveLength(0);
});
