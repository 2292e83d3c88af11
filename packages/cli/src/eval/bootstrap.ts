/** A mean and the interval in which it lies with 95 % confidence. */
export interface Estimate {
  readonly mean: number;
  readonly low: number;
  readonly high: number;
}

const RESAMPLES = 2_000;
const TAIL = 0.025;
/** Any number does; always the same, so that the same data give the same interval. */
const SEED = 0x5eed;

/**
 * The mean of some values with its percentile bootstrap interval (Efron 1979): means of 2,000 samples of the same size drawn
 * with replacement, between their 2.5th and 97.5th percentile. The same values in the same order give the same interval.
 * @returns NaN throughout for no values
 */
export function bootstrapMean(values: readonly number[]): Estimate {
  if (values.length === 0) return { mean: NaN, low: NaN, high: NaN };
  const random = makeRandom(SEED);
  const means = Float64Array.from({ length: RESAMPLES }, () => {
    let sum = 0;
    for (const _ of values) sum += values[Math.floor(random() * values.length)] ?? 0;
    return sum / values.length;
  }).sort();
  const at = (share: number): number => means[Math.round(share * (RESAMPLES - 1))] ?? NaN;
  return { mean: meanOf(values), low: at(TAIL), high: at(1 - TAIL) };
}

/**
 * How much larger the values of `b` are than those of `a` on average, question by question: a paired comparison, so what
 * makes a question easy or hard for both cancels out (Sakai 2006).
 * @throws RangeError when there are not as many of the one as of the other
 */
export function pairedDifference(a: readonly number[], b: readonly number[]): Estimate {
  if (a.length !== b.length) throw new RangeError(`${a.length} values cannot be paired with ${b.length}`);
  return bootstrapMean(b.map((value, i) => value - (a[i] ?? 0)));
}

export function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Mulberry32: 32 bits of state, even enough to draw samples with. */
function makeRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
