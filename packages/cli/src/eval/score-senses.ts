import type { Vector } from "../vectors.ts";
import { bootstrapMean, meanOf, type Estimate } from "./bootstrap.ts";
import { nearestCentroid, nearestUse, type Labelled, type Verdict } from "./classify-use.ts";
import type { Use, UseSet } from "./uses.ts";
import type { UseVectors } from "./vectors-of-uses.ts";

export const RULES = ["use", "centroid"] as const;
export type Rule = (typeof RULES)[number];
export const VECTORS = ["contextual", "static"] as const;
export type VectorKind = (typeof VECTORS)[number];

/** A share of right answers for each rule and kind of vector, 0 to 1. */
export type SenseScores<T> = Readonly<Record<VectorKind, Readonly<Record<Rule, T>>>>;

export interface WordScore {
  readonly word: string;
  readonly senses: number;
  /** Uses that were asked for. */
  readonly asked: number;
  /** Uses that may be compared with, in all. */
  readonly labelled: number;
  readonly accuracy: SenseScores<number>;
}

/** A use that the contextual vectors gave another sense than its label. */
export interface Mistake {
  readonly rule: Rule;
  readonly use: Use;
  readonly predicted: string;
  /** The labelled use of that sense that it was nearest to. */
  readonly nearest: Use;
  readonly similarity: number;
}

export interface SenseReport {
  readonly words: readonly WordScore[];
  /** Mean over the words, each counting the same, with the interval over words. */
  readonly accuracy: SenseScores<Estimate>;
  readonly mistakes: readonly Mistake[];
  readonly asked: number;
  /** Uses left out: nothing else of their sense is labelled, or their word has one sense only. */
  readonly leftOut: number;
}

interface Known {
  readonly use: Use;
  readonly vectors: UseVectors;
}

/**
 * How often the sense of a use is found among the labelled uses of its word, by the nearest use and by the nearest centroid.
 * A use whose sense has no other labelled use is left out (no rule could be right), and so is a word with fewer than two
 * senses (no rule could be wrong).
 * @param vectors of each use, in the order of the uses
 * @throws Error when no use is left
 */
export function scoreSenses({ uses, heldOut }: UseSet, vectors: readonly UseVectors[]): SenseReport {
  const words = new Map<string, Known[]>();
  for (const [index, use] of uses.entries()) {
    const vector = vectors[index];
    if (vector === undefined) throw new RangeError(`The use ${use.origin} has no vectors`);
    words.set(use.word, [...(words.get(use.word) ?? []), { use, vectors: vector }]);
  }
  const scored = [...words]
    .map(([word, known]) => scoreWord(word, known, heldOut))
    .filter(({ score }) => score.asked > 0);
  if (scored.length === 0)
    throw new Error("No word has uses of two senses with another labelled use of each. Label more uses.");
  const scores = scored.map(({ score }) => score);
  const asked = scores.reduce((sum, score) => sum + score.asked, 0);
  const askable = heldOut === "given" ? uses.filter(({ split }) => split === "test").length : uses.length;
  return {
    words: scores,
    accuracy: eachScore((kind, rule) => bootstrapMean(scores.map(({ accuracy }) => accuracy[kind][rule]))),
    mistakes: scored.flatMap(({ mistakes }) => mistakes),
    asked,
    leftOut: askable - asked,
  };
}

function scoreWord(
  word: string,
  known: readonly Known[],
  heldOut: UseSet["heldOut"],
): { score: WordScore; mistakes: Mistake[] } {
  const labelled = heldOut === "given" ? known.filter(({ use }) => use.split === "train") : known;
  const candidates = heldOut === "given" ? known.filter(({ use }) => use.split === "test") : known;
  const trials = candidates
    .map((asked) => ({ asked, others: labelled.filter((one) => one !== asked) }))
    .filter(
      ({ asked, others }) =>
        others.some(({ use }) => use.sense === asked.use.sense) &&
        others.some(({ use }) => use.sense !== asked.use.sense),
    );
  const mistakes: Mistake[] = [];
  const accuracy = eachScore((kind, rule) =>
    meanOf(
      trials.map(({ asked, others }) => {
        const verdict = apply(rule, asked.vectors[kind], labelsOf(others, kind));
        const credit = verdict.shares.get(asked.use.sense) ?? 0;
        const nearest = others[verdict.nearest];
        if (kind === "contextual" && credit < 1 && nearest !== undefined)
          mistakes.push(mistakeOf(rule, asked.use, nearest.use, verdict));
        return credit;
      }),
    ),
  );
  const senses = new Set(labelled.map(({ use }) => use.sense)).size;
  return { score: { word, senses, asked: trials.length, labelled: labelled.length, accuracy }, mistakes };
}

function apply(rule: Rule, vector: Vector, labelled: readonly Labelled[]): Verdict {
  switch (rule) {
    case "use":
      return nearestUse(vector, labelled);
    case "centroid":
      return nearestCentroid(vector, labelled);
    default:
      throw new Error(`Unknown rule ${String(rule satisfies never)}`);
  }
}

function labelsOf(known: readonly Known[], kind: VectorKind): Labelled[] {
  return known.map(({ use, vectors }) => ({ sense: use.sense, vector: vectors[kind] }));
}

function mistakeOf(rule: Rule, use: Use, nearest: Use, { similarity }: Verdict): Mistake {
  return { rule, use, predicted: nearest.sense, nearest, similarity };
}

function eachScore<T>(work: (kind: VectorKind, rule: Rule) => T): SenseScores<T> {
  const ofKind = (kind: VectorKind): Record<Rule, T> => ({ use: work(kind, "use"), centroid: work(kind, "centroid") });
  return { contextual: ofKind("contextual"), static: ofKind("static") };
}
