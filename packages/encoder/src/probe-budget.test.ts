import { describe, expect, test } from "vitest";
import { CPU_BUDGET } from "./pack.ts";
import type { PaddedBatch } from "./pad-batch.ts";
import { probeBudget } from "./probe-budget.ts";
import type { SessionPool } from "./session-pool.ts";

describe("a budget found by measuring", () => {
  /** Sessions that take this long for a run, in real time: nothing of a model is needed for what is tested. */
  const poolThatTakes = (ms: (tokens: number) => number): SessionPool & { readonly sizes: number[] } => {
    const sizes: number[] = [];
    return {
      sizes,
      open: 1,
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

  test("stays small where a larger batch gains little, as a query waits for a run and memory stays taken", async () => {
    const pool = poolThatTakes((tokens) => tokens / 10);
    expect(await probeBudget(pool, CPU_BUDGET, options)).toMatchObject({ maxTokens: 512 });
    expect(Math.max(...pool.sizes)).toBe(1_024);
  });

  test("is not misled by what disturbs its first runs", async () => {
    const pool: ReturnType<typeof poolThatTakes> = poolThatTakes(
      (tokens) => (tokens / 10) * (pool.sizes.length < 4 ? 3 : 1),
    );
    expect(await probeBudget(pool, CPU_BUDGET, options)).toMatchObject({ maxTokens: 512 });
  });

  test("is small and found in one short run where the device is slow as only software is", async () => {
    const pool = poolThatTakes(() => 300);
    expect(await probeBudget(pool, CPU_BUDGET, { ...options, on: "device" })).toMatchObject({ maxTokens: 256 });
    expect(pool.sizes).toEqual([8]);
  });
});
