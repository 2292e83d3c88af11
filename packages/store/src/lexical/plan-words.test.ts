import { describe, expect, test } from "vitest";
import { DEFAULT_INDEX, NO_TOKENS } from "@polyseme/core";
import type { Collection } from "../collections.ts";
import { MOST_WORDS, planWords, queryWords, type WordCounts } from "./plan-words.ts";
import { textConfig } from "./text-config.ts";
import { textIndexes } from "./text-indexes.ts";

const counts = (chunks: number, frequent: Record<string, number> = {}): WordCounts => ({
  chunks,
  meanBytes: 500,
  frequent: new Map(Object.entries(frequent)),
  rareShare: 0.005,
});

describe("the words of a query", () => {
  test("are each there once, however often the query has them", () => {
    expect(queryWords(["river", "river*2", "river*3", "pari"])).toEqual(["river", "pari"]);
  });

  test("of scripts without spaces are pairs, and single characters where they stand alone", () => {
    expect(queryWords(["东", "京", "东京", "水", "iphon"])).toEqual(["东京", "水", "iphon"]);
    expect(queryWords(["𠮷", "野", "𠮷野"])).toEqual(["𠮷野"]);
  });
});

describe("which words find chunks", () => {
  test("all of them in a small collection", () => {
    const planned = planWords(["the", "river"], counts(1_000, { the: 0.9 }));
    expect(planned.map(({ entry, finds }) => [entry, finds])).toEqual([
      ["river", true],
      ["the", true],
    ]);
  });

  test("the rarest in a large one; the others only add to scores, by the share that they are in", () => {
    const planned = planWords(["the", "river", "citi"], counts(1_000_000, { the: 0.9, citi: 0.1 }));
    expect(planned).toEqual([
      { entry: "river", holders: undefined, finds: true },
      { entry: "citi", holders: 100_000, finds: false },
      { entry: "the", holders: 900_000, finds: false },
    ]);
  });

  test("at least one, and of a very long query the rarest so many", () => {
    expect(planWords(["the"], counts(1_000_000, { the: 0.9 }))).toMatchObject([{ finds: true }]);
    const long = Array.from({ length: 500 }, (_, i) => `w${i}`);
    expect(planWords(["the", ...long], counts(10, { the: 0.9 }))).toHaveLength(MOST_WORDS);
    expect(planWords([], counts(10))).toEqual([]);
  });
});

test("a language has its configuration, and all others take ASCII words for English", () => {
  expect(textConfig("en-GB").qualified).toBe("pg_catalog.english");
  expect(textConfig("DE").qualified).toBe("pg_catalog.german");
  for (const language of [null, "zh", "ja", "ko", "", "constructor", "x'; drop table"])
    expect(textConfig(language).qualified).toBe("polyseme_store.plain");
});

describe("the index of words", () => {
  const collection: Collection = {
    id: 7,
    name: "notes",
    language: "fr",
    generation: {
      number: 2,
      model: "m",
      dimensions: 4,
      chunking: { maxTokens: 8, overlapTokens: 0, strategy: "sentence" },
      tokens: NO_TOKENS,
      language: "fr",
    },
    index: DEFAULT_INDEX,
    createdAt: new Date(0),
  };
  const named = (text: "auto" | "none" | "gin", chunks: number, searchedByWords: boolean): string[] =>
    textIndexes({ ...collection, index: { ...DEFAULT_INDEX, text } }, { chunks, searchedByWords }).map(
      ({ name }) => name,
    );

  test("is wanted where words are searched for and reading all chunks is slow, where it is asked for, and else not", () => {
    expect(named("auto", 10_000, true)).toEqual(["text_7_2_french"]);
    expect(named("auto", 10_000, false)).toEqual([]);
    expect(named("auto", 10, true)).toEqual([]);
    expect(named("none", 10_000, true)).toEqual([]);
    expect(named("gin", 0, false)).toEqual(["text_7_2_french"]);
  });
});
