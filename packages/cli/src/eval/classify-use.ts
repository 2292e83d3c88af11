import { cosine, mean, type Vector } from "../vectors.ts";

/** A vector of which the sense is known. */
export interface Labelled {
  readonly sense: string;
  readonly vector: Vector;
}

/** What a rule says of a use. */
export interface Verdict {
  /**
   * The senses it cannot choose between, with what a fair draw would give each; they sum to 1. One sense when nothing is
   * tied. Static vectors tie always: a word's form has the same one in every text.
   */
  readonly shares: ReadonlyMap<string, number>;
  /** Index of the nearest labelled vector, the first of those that are tied. */
  readonly nearest: number;
  readonly similarity: number;
}

/** Cosines no further apart are tied: means of the same numbers differ in their last digits. */
const TIE = 1e-6;

/**
 * The sense of the labelled use with the greatest cosine. Where uses are tied, each has the same share, so a sense has as
 * much as it has tied uses.
 * @throws RangeError when nothing is labelled
 */
export function nearestUse(vector: Vector, labelled: readonly Labelled[]): Verdict {
  return nearestOf(vector, labelled);
}

/**
 * The sense whose centroid (the mean of its labelled uses, each of length 1) has the greatest cosine. Tied senses share
 * equally. `nearest` is the nearest labelled use of the sense that wins, to look at.
 * @throws RangeError when nothing is labelled
 */
export function nearestCentroid(vector: Vector, labelled: readonly Labelled[]): Verdict {
  const senses = [...new Set(labelled.map(({ sense }) => sense))];
  const centroids = senses.map((sense) => ({
    sense,
    vector: mean(labelled.filter((one) => one.sense === sense).map((one) => unit(one.vector))),
  }));
  const { shares, nearest: won, similarity } = nearestOf(vector, centroids);
  const ofWinner = labelled.flatMap((one, index) => (one.sense === senses[won] ? [{ ...one, index }] : []));
  const nearest = ofWinner[nearestOf(vector, ofWinner).nearest]?.index ?? 0;
  return { shares, nearest, similarity };
}

function nearestOf(vector: Vector, labelled: readonly Labelled[]): Verdict {
  if (labelled.length === 0) throw new RangeError("There is no labelled vector to compare with");
  const similarities = labelled.map((one) => cosine(vector, one.vector));
  const similarity = Math.max(...similarities);
  const tied = labelled.filter((_, index) => similarity - (similarities[index] ?? -1) <= TIE);
  const shares = new Map<string, number>();
  for (const { sense } of tied) shares.set(sense, (shares.get(sense) ?? 0) + 1 / tied.length);
  return { shares, nearest: similarities.findIndex((one) => similarity - one <= TIE), similarity };
}

function unit(vector: Vector): Vector {
  const length = Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0));
  return length === 0 ? vector : vector.map((value) => value / length);
}
