import { describe, expect, test } from "vitest";
import { CPU_BUDGET } from "./pack.ts";
import type { PaddedBatch } from "./pad-batch.ts";
import { chooseSize, probeBudget } from "./probe-budget.ts";
import type { SessionPool } from "./session-pool.ts";

describe("a budget found by measuring", () => {
  test("is the smallest whose rate is nearly the best one's, as a query waits for a run", () => {
    const rates = (...rates: number[]) =>
      rates.map((tokensPerSecond, i) => ({ tokens: 256 * 2 ** i, tokensPerSecond }));
    expect(chooseSize(rates(5_000, 6_900, 7_000, 6_000))).toBe(512);
    expect(chooseSize(rates(5_000, 6_000, 7_000))).toBe(1_024);
    expect(chooseSize(rates(7_000, 6_900, 7_100))).toBe(256);
    expect(chooseSize([])).toBeUndefined();
  });

  /** Sessions that take this long for a run, in real time: nothing of a model is needed for what is tested. */
  const poolThatTakes = (ms: (tokens: number) => number): SessionPool & { readonly sizes: number[] } => {
    const sizes: number[] = [];
    return {
      sizes,
      idle: 1,
      failure: undefined,
      roomFor: () => "idle",
      run: (batch: PaddedBatch) =>
        new Promise((resolve) => {
          sizes.push(batch.ids.length);
          setTimeout(() => {
            resolve({ texts: [], encodeMs: 0 });
          }, ms(batch.ids.length));
        }),
      close: () => Promise.resolve(),
    };
  };
  const options = { on: "cpu", tokenId: 1 } as const;

  test("grows with the batch where starting a run is what costs", async () => {
    const pool = poolThatTakes(() => 60);
    expect(await probeBudget(pool, CPU_BUDGET, options)).toEqual({ ...CPU_BUDGET, maxTokens: 2_048 });
  });

  test("is small and found in one short run where the device is slow as only software is", async () => {
    const pool = poolThatTakes(() => 300);
    expect(await probeBudget(pool, CPU_BUDGET, { ...options, on: "device" })).toMatchObject({ maxTokens: 256 });
    expect(pool.sizes).toEqual([8]);
  });
});
