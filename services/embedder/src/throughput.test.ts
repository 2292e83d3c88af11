import { expect, test } from "vitest";
import { makeThroughput } from "./throughput.ts";

test("a throughput is unknown before the first batch", () => {
  expect(makeThroughput(2).tokensPerSecond()).toBeNull();
});

test("a throughput is that of one thread times the threads", () => {
  for (const threads of [1, 4]) {
    const throughput = makeThroughput(threads);
    throughput.record({ tokens: 500, encodeMs: 250 });
    expect(throughput.tokensPerSecond()).toBe(2_000 * threads);
  }
});

test("a throughput is by time and not by batch: a long batch counts more", () => {
  const throughput = makeThroughput(1);
  throughput.record({ tokens: 1_000, encodeMs: 1_000 });
  throughput.record({ tokens: 1_000, encodeMs: 9 });
  const tokensPerSecond = throughput.tokensPerSecond() ?? 0;
  expect(tokensPerSecond).toBeGreaterThan(1_900);
  expect(tokensPerSecond).toBeLessThan(2_100);
});

test("a throughput forgets what was: after a few hundred batches only the new speed is left", () => {
  const throughput = makeThroughput(1);
  const run = (batches: number, tokens: number): number => {
    for (let batch = 0; batch < batches; batch += 1) throughput.record({ tokens, encodeMs: 100 });
    return throughput.tokensPerSecond() ?? 0;
  };
  expect(run(300, 100)).toBeCloseTo(1_000);
  expect(run(10, 200)).toBeLessThan(1_300);
  expect(run(300, 200)).toBeGreaterThan(1_990);
});
