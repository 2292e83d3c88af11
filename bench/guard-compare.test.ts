import { describe, expect, it } from "vitest";
import { compareRatios } from "./guard-compare.ts";

describe("compareRatios", () => {
  const committed = { rate: { value: 1, better: "higher" }, waste: { value: 0.01, better: "lower" } } as const;
  const measured = (rate: number, waste: number) =>
    ({ rate: { value: rate, better: "higher" }, waste: { value: waste, better: "lower" } }) as const;

  it("lets noise and gains pass", () => {
    expect(compareRatios(committed, measured(0.86, 0.029))).toEqual([]);
    expect(compareRatios(committed, measured(2, 0))).toEqual([]);
  });

  it("names a rate that fell and a waste that rose", () => {
    expect(compareRatios(committed, measured(0.84, 0.01))).toEqual([expect.stringContaining("rate is 0.840")]);
    expect(compareRatios(committed, measured(1, 0.04))).toEqual([expect.stringContaining("waste is 0.040")]);
  });

  it("counts a ratio that is gone, or no number, as fallen", () => {
    expect(compareRatios(committed, {})).toHaveLength(2);
    expect(compareRatios(committed, measured(NaN, 0.01))).toHaveLength(1);
  });
});
