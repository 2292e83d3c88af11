import type { EncodedUse } from "./encoded-uses.ts";
import { dot, meanVector, unitVector } from "./encoded-uses.ts";

/** What stands for a use. */
export const REPRESENTATIONS = {
  word: ({ pieces }: EncodedUse) => meanVector(pieces),
  "first piece": ({ pieces }: EncodedUse) => pieces[0] ?? new Float32Array(),
  "word + 0.25 text": (use: EncodedUse) => mixed(use, 0.25),
  "word + 0.5 text": (use: EncodedUse) => mixed(use, 0.5),
  "word + text": (use: EncodedUse) => mixed(use, 1),
  text: ({ embedding }: EncodedUse) => embedding,
  static: ({ statics }: EncodedUse) => meanVector(statics),
} as const;
export type Representation = keyof typeof REPRESENTATIONS;

/** What is taken off every vector before they are compared. */
export type Centre = "nothing" | "mean of known uses" | "mean of all tokens";

interface Known {
  readonly sense: string;
  readonly vector: Float32Array;
}

/** How the sense is chosen; vectors are of length 1. */
export const RULES = {
  "nearest use": (asked: Float32Array, known: readonly Known[]) => vote(asked, known, 1),
  "3 nearest": (asked: Float32Array, known: readonly Known[]) => vote(asked, known, 3),
  "5 nearest": (asked: Float32Array, known: readonly Known[]) => vote(asked, known, 5),
  centroid: (asked: Float32Array, known: readonly Known[]) =>
    bestSense(known, (vectors) => dot(asked, unitVector(meanVector(vectors)))),
  "mean cosine": (asked: Float32Array, known: readonly Known[]) =>
    bestSense(known, (vectors) => dot(asked, meanVector(vectors))),
} as const;
export type VariantRule = keyof typeof RULES;
export const RULE_NAMES = Object.keys(RULES) as VariantRule[];

export interface Variant {
  readonly representation: Representation;
  readonly centre: Centre;
}

/** Those that are compared: what helped, and what might have. */
export const VARIANTS: readonly Variant[] = [
  { representation: "word", centre: "nothing" },
  { representation: "word", centre: "mean of known uses" },
  { representation: "word", centre: "mean of all tokens" },
  { representation: "first piece", centre: "nothing" },
  { representation: "word + 0.25 text", centre: "nothing" },
  { representation: "word + 0.25 text", centre: "mean of known uses" },
  { representation: "word + 0.5 text", centre: "nothing" },
  { representation: "word + 0.5 text", centre: "mean of known uses" },
  { representation: "word + text", centre: "mean of known uses" },
  { representation: "text", centre: "nothing" },
  { representation: "text", centre: "mean of known uses" },
  { representation: "static", centre: "nothing" },
];

/** One use to decide, with those that are known. */
export interface Trial {
  readonly asked: EncodedUse;
  readonly known: readonly EncodedUse[];
}

/**
 * Accuracy of each rule, the mean over words. Ties go to what is known first, so static vectors give what the order of the
 * file gives; `polyseme eval` reckons those fairly.
 */
export function scoreVariant(
  trials: readonly Trial[],
  { representation, centre }: Variant,
): Readonly<Record<VariantRule, number>> {
  const represent = REPRESENTATIONS[representation];
  const unitOf = memo((use: EncodedUse) => unitVector(represent(use)));
  const ofTokens = meanVector([...new Set(trials.map(({ asked }) => asked))].map(({ textMean }) => textMean));
  const right = new Map<string, { asked: number; right: Map<VariantRule, number> }>();
  for (const { asked, known } of trials) {
    const offset = offsetOf(centre, known.map(unitOf), ofTokens);
    const place = (use: EncodedUse): Float32Array => unitVector(minus(unitOf(use), offset));
    const labelled = known.map((use) => ({ sense: use.use.sense, vector: place(use) }));
    const word = right.get(asked.use.word) ?? { asked: 0, right: new Map<VariantRule, number>() };
    right.set(asked.use.word, word);
    word.asked += 1;
    for (const rule of RULE_NAMES)
      if (RULES[rule](place(asked), labelled) === asked.use.sense)
        word.right.set(rule, (word.right.get(rule) ?? 0) + 1);
  }
  const accuracy = (rule: VariantRule): number => {
    const shares = [...right.values()].map((word) => (word.right.get(rule) ?? 0) / word.asked);
    return shares.reduce((sum, share) => sum + share, 0) / shares.length;
  };
  return Object.fromEntries(RULE_NAMES.map((rule) => [rule, accuracy(rule)])) as Record<VariantRule, number>;
}

function offsetOf(centre: Centre, known: readonly Float32Array[], ofTokens: Float32Array): Float32Array | undefined {
  switch (centre) {
    case "nothing":
      return undefined;
    case "mean of known uses":
      return meanVector(known);
    case "mean of all tokens":
      return unitVector(ofTokens);
    default:
      throw new Error(`Unknown centre ${String(centre satisfies never)}`);
  }
}

function vote(asked: Float32Array, known: readonly Known[], count: number): string {
  const nearest = known
    .map(({ sense, vector }) => ({ sense, cosine: dot(asked, vector) }))
    .sort((a, b) => b.cosine - a.cosine)
    .slice(0, count);
  const weights = new Map<string, number>();
  // Centred vectors may all be at more than a right angle; a vote must still count for something.
  for (const { sense, cosine } of nearest) weights.set(sense, (weights.get(sense) ?? 0) + 1 + cosine);
  return [...weights].reduce((best, one) => (one[1] > best[1] ? one : best), ["", -1] as [string, number])[0];
}

function bestSense(known: readonly Known[], score: (vectors: Float32Array[]) => number): string {
  const senses = new Map<string, Float32Array[]>();
  for (const { sense, vector } of known) senses.set(sense, [...(senses.get(sense) ?? []), vector]);
  let best = { sense: "", score: -Infinity };
  for (const [sense, vectors] of senses) {
    const one = { sense, score: score(vectors) };
    if (one.score > best.score) best = one;
  }
  return best.sense;
}

function mixed({ pieces, embedding }: EncodedUse, share: number): Float32Array {
  return unitVector(meanVector(pieces)).map((value, i) => value + share * (embedding[i] ?? 0));
}

function minus(vector: Float32Array, offset: Float32Array | undefined): Float32Array {
  return offset === undefined ? vector : vector.map((value, i) => value - (offset[i] ?? 0));
}

function memo<K extends object, V>(make: (key: K) => V): (key: K) => V {
  const made = new WeakMap<K, { readonly value: V }>();
  return (key) => {
    const known = made.get(key) ?? { value: make(key) };
    made.set(key, known);
    return known.value;
  };
}
