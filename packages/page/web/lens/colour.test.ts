import { expect, test } from "vitest";
import { colourOf, contrast } from "./colour.ts";

const STEPS = Array.from({ length: 201 }, (_, i) => i / 100 - 1);
const WHITE = [255, 255, 255] as const;

test("every colour of the scale has an ink that can be read on it (AA)", () => {
  for (const value of STEPS) {
    const { paper, ink } = colourOf(value);
    expect([value, contrast(paper, ink) >= 4.5]).toEqual([value, true]);
  }
});

test("more alike is lighter, all the way from 0 to 1, and below 0 is as dark as 0", () => {
  const lightness = (value: number): number => 1 / contrast(colourOf(value).paper, WHITE);
  for (let i = 101; i < STEPS.length; i++)
    expect(lightness(STEPS[i] ?? 0)).toBeGreaterThanOrEqual(lightness(STEPS[i - 1] ?? 0));
  expect(lightness(1)).toBeGreaterThan(5 * lightness(0));
  expect(colourOf(-0.4)).toEqual(colourOf(0));
});

test("contrast is that of WCAG", () => {
  expect(contrast([0, 0, 0], WHITE)).toBeCloseTo(21, 10);
  expect(contrast([118, 118, 118], WHITE)).toBeCloseTo(4.54, 2);
});
