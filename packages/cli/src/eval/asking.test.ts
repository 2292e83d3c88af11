import { setTimeout as after } from "node:timers/promises";
import type { SearchHit } from "@polyseme/client";
import { describe, expect, test } from "vitest";
import { mapAtOnce } from "./at-once.ts";
import { ndcgAt } from "./ndcg.ts";
import { findQuote, gradesOfPlaces, rankPlaces } from "./places.ts";
import { combineSettings, nameOfSetting } from "./settings.ts";

describe("many at once", () => {
  test("give their results in order and never more at a time than said", async () => {
    let running = 0;
    let most = 0;
    const results = await mapAtOnce([5, 1, 4, 2, 3], 2, async (item) => {
      running += 1;
      most = Math.max(most, running);
      await after(item);
      running -= 1;
      return item * 10;
    });
    expect(results).toEqual([50, 10, 40, 20, 30]);
    expect(most).toBe(2);
  });

  test("end with the first error and begin nothing new", async () => {
    const begun: number[] = [];
    const work = mapAtOnce([0, 1, 2, 3], 1, (item) => {
      begun.push(item);
      return item === 1 ? Promise.reject(new Error("broken")) : Promise.resolve();
    });
    await expect(work).rejects.toThrow("broken");
    expect(begun).toEqual([0, 1]);
  });
});

test("settings are all combinations of what is chosen, and the server's own choice where nothing is", () => {
  const choices = { collections: ["a", "b"], modes: [], reranks: ["none", "maxsim"] } as const;
  expect(combineSettings(choices).map(nameOfSetting)).toEqual(["a none", "a maxsim", "b none", "b maxsim"]);
  expect(combineSettings({ collections: ["a"], modes: [], reranks: [] })).toEqual([{ collection: "a" }]);
});

describe("places of answers in chunks", () => {
  const hit = (id: string, ordinal: number, start: number, end: number): SearchHit => ({
    id,
    score: 1,
    title: null,
    chunk: { ordinal, start, end, text: "" },
    metadata: {},
  });
  const place = { docId: "d", start: 100, end: 120 };

  test("are found as exact slices", () => {
    expect(findQuote({ docId: "d", quote: "bc" }, "abcd")).toEqual({ docId: "d", start: 1, end: 3 });
    expect(findQuote({ docId: "d", quote: "bx" }, "abcd")).toBeUndefined();
  });

  test("belong to every chunk that overlaps them, and to none that only touches", () => {
    const hits = [hit("d", 0, 0, 100), hit("d", 2, 120, 200), hit("e", 0, 90, 130), hit("d", 1, 119, 130)];
    expect(rankPlaces(hits, [place]).map((id) => gradesOfPlaces([place]).get(id) ?? 0)).toEqual([0, 0, 0, 1]);
  });

  test("count once, however many chunks hold a part of them", () => {
    const cut = [hit("d", 0, 0, 110), hit("d", 1, 110, 200)];
    expect(ndcgAt(10, rankPlaces(cut, [place]), gradesOfPlaces([place]))).toBe(1);
    const second = [hit("e", 0, 0, 9), ...cut];
    expect(ndcgAt(10, rankPlaces(second, [place]), gradesOfPlaces([place]))).toBeCloseTo(1 / Math.log2(3), 12);
  });
});
