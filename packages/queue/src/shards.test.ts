import { DEFAULT_QUEUE_PREFIX, MAX_QUEUE_SHARDS } from "@polyseme/core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { jobsAShard, shardOf, shardPrefix, slotOf } from "./shards.ts";

const shards = fc.integer({ min: 1, max: MAX_QUEUE_SHARDS });
const everyShard = Array.from({ length: MAX_QUEUE_SHARDS }, (_, shard) => shard);
const tagOf = (prefix: string): string => /\{([^}]+)\}/.exec(prefix)?.[1] ?? prefix;
const slotsOf = (prefix: string, count: number): number[] =>
  everyShard.slice(0, count).map((shard) => slotOf(tagOf(shardPrefix(prefix, shard))));

describe("a job's shard", () => {
  test("is one of the shards, for every job number that there can be", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }), shards, (job, count) => {
        const shard = shardOf(job, count);
        expect(Number.isInteger(shard) && shard >= 0 && shard < count).toBe(true);
        expect(shardOf(job, 1)).toBe(0);
      }),
    );
  });

  test("takes turns over the jobs of one push", () => {
    const taken = Array.from({ length: 400 }, (_, i) => shardOf(2 ** 46 + i, 8));
    for (let shard = 0; shard < 8; shard += 1) expect(taken.filter((one) => one === shard)).toHaveLength(50);
  });
});

describe("a shard's prefix", () => {
  test("is the given one for shard 0, and different for each", () => {
    for (const prefix of [DEFAULT_QUEUE_PREFIX, "{a}", "our-{team}:x", "plain"]) {
      expect(shardPrefix(prefix, 0)).toBe(prefix);
      expect(new Set(everyShard.map((shard) => shardPrefix(prefix, shard))).size).toBe(MAX_QUEUE_SHARDS);
    }
  });

  test("changes the hash tag alone", () => {
    for (const shard of everyShard) expect(shardPrefix("our-{team}:{x}", shard)).toMatch(/^our-\{team[^{}]*\}:\{x\}$/);
  });

  test("spreads 2, 4, 8 … shards over the slots as evenly as can be", () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z0-9_:-]{1,20}$/), fc.constantFrom(2, 4, 8, 16, 32, 64), (tag, count) => {
        const slots = slotsOf(`{${tag}}`, count);
        const parts = new Set(slots.map((slot) => Math.floor(slot / (16_384 / count))));
        // Each is within one sixty-fourth of its place, so at the border of two parts one may be crossed.
        const sorted = [...slots].sort((a, b) => a - b);
        const gaps = sorted.map((slot, i) =>
          i === 0 ? slot + 16_384 - (sorted.at(-1) ?? 0) : slot - (sorted[i - 1] ?? 0),
        );
        expect(Math.max(...gaps)).toBeLessThan(16_384 / count + 256);
        expect(parts.size).toBeGreaterThan(count / 2);
      }),
      { numRuns: 30 },
    );
  });

  test("puts four shards on all of three masters, whatever the tag", () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z0-9_-]{1,20}$/), (tag) => {
        const masters = new Set(slotsOf(`{${tag}}`, 4).map((slot) => Math.floor(slot / 5_461)));
        expect(masters.size).toBe(3);
      }),
      { numRuns: 30 },
    );
  });
});

test("slots are counted as Redis Cluster counts them", () => {
  // The check value of CRC16 XMODEM in Redis' cluster specification, and answers of CLUSTER KEYSLOT.
  expect(slotOf("123456789")).toBe(0x31c3);
  expect(slotOf("foo")).toBe(12_182);
  expect(slotOf("")).toBe(0);
});

test("the jobs that a worker takes at once are shared out over the shards, two of each at least", () => {
  expect([1, 2, 4, 5, 8, 64].map((count) => jobsAShard(16, count))).toEqual([16, 8, 4, 4, 2, 2]);
});
