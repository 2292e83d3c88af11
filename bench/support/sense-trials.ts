import type { EncodedUse } from "./encoded-uses.ts";
import type { Trial } from "./sense-variants.ts";

/** Every use asked with all others of its word known, where at least one is of its sense. */
export function oneOut(uses: readonly EncodedUse[]): Trial[] {
  return byWord(uses).flatMap((all) =>
    answerable(all.map((asked) => ({ asked, known: all.filter((one) => one !== asked) }))),
  );
}

/** The uses of the test part asked, those of the train part known. */
export function bySplit(uses: readonly EncodedUse[]): Trial[] {
  return byWord(uses).flatMap((all) => {
    const known = all.filter(({ use }) => use.split === "train");
    return answerable(all.filter(({ use }) => use.split === "test").map((asked) => ({ asked, known })));
  });
}

/** So many uses of each sense known, drawn at random, and the rest asked. The same seed draws the same uses. */
export function drawn(uses: readonly EncodedUse[], known: number, seed: number): Trial[] {
  const random = makeRandom(seed);
  const order = new Map(uses.map((use) => [use, random()]));
  return byWord(uses).flatMap((all) => {
    const senses = [...new Set(all.map(({ use }) => use.sense))];
    const shuffled = senses.map((sense) =>
      all.filter(({ use }) => use.sense === sense).sort((a, b) => (order.get(a) ?? 0) - (order.get(b) ?? 0)),
    );
    const labelled = shuffled.flatMap((ofSense) => ofSense.slice(0, known));
    return answerable(shuffled.flatMap((ofSense) => ofSense.slice(known)).map((asked) => ({ asked, known: labelled })));
  });
}

/** The same uses with their senses exchanged within each word: whatever a rule gets right then, it gets by chance. */
export function shuffleSenses(uses: readonly EncodedUse[], seed: number): EncodedUse[] {
  const random = makeRandom(seed);
  return byWord(uses).flatMap((all) => {
    const senses = all
      .map(({ use }) => ({ sense: use.sense, place: random() }))
      .sort((a, b) => a.place - b.place)
      .map(({ sense }) => sense);
    return all.map((one, index) => ({ ...one, use: { ...one.use, sense: senses[index] ?? one.use.sense } }));
  });
}

function byWord(uses: readonly EncodedUse[]): EncodedUse[][] {
  const words = new Map<string, EncodedUse[]>();
  for (const one of uses) words.set(one.use.word, [...(words.get(one.use.word) ?? []), one]);
  return [...words.values()];
}

function answerable(trials: readonly Trial[]): Trial[] {
  return trials.filter(({ asked, known }) => known.some(({ use }) => use.sense === asked.use.sense));
}

/** A linear congruential generator (Numerical Recipes). */
function makeRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
