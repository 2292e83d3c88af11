import { findModel, openEncoder, type Encoder } from "@polyseme/encoder";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { encodeWord } from "./encode-word.ts";
import { staticSimilarity } from "./static-similarity.ts";
import { dot } from "./unit-vectors.ts";
import { placeOfWord } from "./word-place.ts";

/** One table of word vectors would have one vector for all of these. */
const FRUIT = [
  "My grandmother baked the last apple of autumn with butter and cinnamon.",
  "The orchard smelled of wet grass and of every apple that had fallen overnight.",
  "Children bobbed for an apple in a tub of cold water.",
  "He polished the red apple on his sleeve before taking a bite.",
  "A green apple is too sour for this cake; use a sweeter one.",
  "Grate one apple into the salad and squeeze a lemon over it.",
  "We picked one apple each and ate it under the tree.",
  "The horse took the apple gently from my flat hand.",
];
const COMPANY = [
  "Apple announced thinner laptops at its event in California.",
  "The engineers who left Apple founded a start-up for headphones.",
  "Apple hired a car designer, which started rumours about a vehicle.",
  "Apple sued the supplier over stolen designs of its tablet.",
  "Since the founder's return, Apple has sold more music players than anyone.",
  "Our company buys all its computers from Apple.",
  "Apple patched a flaw in its browser on Tuesday.",
  "The lawyers of Apple refused to unlock the suspect's phone.",
  "Every developer must pay Apple a yearly fee to publish software.",
];
/** Below 0.7 to every fruit as well, but at 0.748 and 0.7495 to two of the companies and so not above 0.75 to all. */
const ALMOST = "Regulators asked Apple to open its app store to rivals.";
/** What happens in these might happen to either: the model puts them between the senses, at more than 0.7 to most of the other. */
const BETWEEN = {
  fruit: "An apple rolled off the kitchen table and bruised on the tiles.",
  company: "Shares of Apple fell after the quarterly results disappointed analysts.",
};

let encoder: Encoder;
beforeAll(async () => {
  encoder = await openEncoder({ folder: (await findModel("all-MiniLM-L6-v2")).folder, threads: 1 });
});
afterAll(() => encoder.close());

function appleIn(texts: readonly string[]): Promise<Float32Array[]> {
  const signal = AbortSignal.timeout(30_000);
  return Promise.all(
    texts.map(
      async (text) => (await encodeWord(encoder, text, placeOfWord({ text, word: "Apple" }, null), { signal })).word,
    ),
  );
}

function cosines(left: readonly Float32Array[], right: readonly Float32Array[]): number[] {
  return left.flatMap((a) => right.filter((b) => b !== a).map((b) => dot(a, b)));
}

describe("Apple", () => {
  test("as a fruit and as a company is below 0.7 in every pair of these sentences, and above 0.75 within each", async () => {
    const [fruit, company] = [await appleIn(FRUIT), await appleIn(COMPANY)];
    expect(Math.max(...cosines(fruit, company))).toBeLessThan(0.7);
    expect(Math.min(...cosines(fruit, fruit))).toBeGreaterThan(0.75);
    expect(Math.min(...cosines(company, company))).toBeGreaterThan(0.75);
    const almost = await appleIn([ALMOST]);
    expect(Math.max(...cosines(almost, fruit))).toBeLessThan(0.7);
    expect(Math.min(...cosines(almost, company))).toBeGreaterThan(0.74);
  });

  test("has one static vector for all of them, whatever its case", async () => {
    const words = [...FRUIT.map(() => "apple"), ...COMPANY.map(() => "Apple")];
    expect(await staticSimilarity(encoder, words, AbortSignal.timeout(30_000))).toBeCloseTo(1, 6);
    const forms = await staticSimilarity(encoder, ["apple", "apples"], AbortSignal.timeout(30_000));
    expect(forms).toBeLessThan(0.99);
  });

  test("is between the senses where a sentence might be of either, and still nearer to its own", async () => {
    const [fruit, company] = [await appleIn(FRUIT), await appleIn(COMPANY)];
    const [asFruit, asCompany] = [await appleIn([BETWEEN.fruit]), await appleIn([BETWEEN.company])];
    const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
    expect(mean(cosines(asFruit, company))).toBeGreaterThan(0.7);
    expect(mean(cosines(asCompany, fruit))).toBeGreaterThan(0.7);
    expect(mean(cosines(asFruit, fruit))).toBeGreaterThan(mean(cosines(asFruit, company)));
    expect(mean(cosines(asCompany, company))).toBeGreaterThan(mean(cosines(asCompany, fruit)));
  });
});
