import type { Use } from "./find-uses.ts";
import { groupUses, type Grouping } from "./group-uses.ts";
import { onPlane } from "./plane.ts";
import { makeSentenceFinder, type Sentence } from "./sentence-around.ts";
import { similarities, type UseSimilarities } from "./similarities.ts";
import { dot, meanOf, rowAt, rowsOf, unit } from "./unit-vectors.ts";

/** A use as it is shown. */
export interface ShownUse {
  readonly id: string;
  readonly start: number;
  readonly end: number;
  readonly word: string;
  readonly sentence: Sentence;
}

export interface Sense {
  readonly id: number;
  readonly size: number;
  readonly share: number;
  /** Mean cosine of its uses with their centroid. */
  readonly cohesion: number;
  readonly contexts: (ShownUse & { readonly ordinal: number; readonly similarity: number })[];
  /** Direction of the centroid. */
  readonly centre: Float32Array;
}

export interface DescribedSenses {
  readonly rule: { readonly method: string; readonly threshold: number; readonly text: string };
  readonly senses: readonly Sense[];
  readonly similarity: UseSimilarities;
  readonly points: (ShownUse & { readonly x: number; readonly y: number; readonly sense: number })[];
}

const MOST_CONTEXTS = 5;
const MOST_POINTS = 500;

/** Groups a word's uses into senses and describes each; no input or output, and the same uses give the same answer. */
export function describeSenses(uses: readonly Use[], dimensions: number): DescribedSenses {
  const rows = rowsOf(
    uses.map(({ vector }) => vector),
    dimensions,
  );
  const grouping = groupUses(rows, usesOfOneForm(uses));
  const { labels, groups } = grouping;
  const sentenceAround = makeSentenceFinder();
  const shown = ({ documentId, chunk, start, end, word }: Use): ShownUse => ({
    id: documentId,
    start,
    end,
    word,
    sentence: sentenceAround(chunk, start),
  });
  const senses = Array.from({ length: groups }, (_, id): Sense => {
    const members = [...labels.keys()].filter((i) => labels[i] === id);
    const centre = unit(meanOf(rows, members));
    const ranked = members
      .map((i) => ({ use: uses[i], similarity: dot(rowAt(rows, i), centre) }))
      .sort((a, b) => b.similarity - a.similarity);
    const contexts = distinct(ranked).map(({ use, similarity }) => ({
      ...shown(use),
      ordinal: use.chunk.ordinal,
      similarity,
    }));
    const cohesion = ranked.reduce((sum, { similarity }) => sum + similarity, 0) / members.length;
    return { id, size: members.length, share: members.length / uses.length, cohesion, contexts, centre };
  });
  const pictured = thinned(uses.length);
  const places = onPlane(
    rowsOf(
      pictured.map((i) => rowAt(rows, i)),
      dimensions,
    ),
  );
  const points = pictured.flatMap((i, at) => {
    const use = uses[i];
    const [x, y] = places[at] ?? [0, 0];
    return use === undefined ? [] : [{ ...shown(use), x, y, sense: labels[i] ?? 0 }];
  });
  return { rule: ruleOf(grouping), senses, similarity: similarities(rows, labels, groups), points };
}

/** The first contexts whose text is not there already: the same sentence in ten documents shows nothing new. */
function distinct<R extends { readonly use: Use | undefined }>(ranked: readonly R[]): (R & { use: Use })[] {
  const seen = new Set<string>();
  const chosen: (R & { use: Use })[] = [];
  for (const one of ranked) {
    const { use } = one;
    if (use === undefined || seen.has(use.chunk.text)) continue;
    seen.add(use.chunk.text);
    chosen.push({ ...one, use });
    if (chosen.length === MOST_CONTEXTS) break;
  }
  return chosen;
}

/** Numbers of the uses in the picture: all, or evenly taken ones. */
function thinned(count: number): number[] {
  const most = Math.min(count, MOST_POINTS);
  return Array.from({ length: most }, (_, i) => Math.floor((i * count) / most));
}

/** Fewer uses of one form than this cannot be divided. */
const LEAST_OF_FORM = 4;

/**
 * Numbers of the uses that are written in the word's most frequent form. In all forms together the singular and the plural
 * of a word of one sense come apart further than many senses do: on "crate" and "trait" in a book on Rust the best division
 * was exactly that.
 */
function usesOfOneForm(uses: readonly Use[]): number[] {
  const byForm = new Map<string, number[]>();
  for (const [i, { word }] of uses.entries()) {
    const form = word.normalize("NFKC").toLowerCase();
    byForm.set(form, [...(byForm.get(form) ?? []), i]);
  }
  const ranked = [...byForm].sort(([a, usesA], [b, usesB]) => usesB.length - usesA.length || (a < b ? -1 : 1));
  const [, largest = []] = ranked[0] ?? [];
  return largest.length < LEAST_OF_FORM ? [...uses.keys()] : largest;
}

function ruleOf({ silhouette, threshold, groups }: Grouping): DescribedSenses["rule"] {
  const found =
    silhouette === undefined
      ? "Here there are too few uses to divide."
      : `Here the best division has ${silhouette.toFixed(3)} and ${threshold.toFixed(3)} is needed, so there ${groups < 2 ? "is one sense" : `are ${groups} senses`}.`;
  return {
    method: "spherical k-means with the best mean silhouette",
    threshold,
    text:
      "Uses in the word's most frequent form are divided into 2 to 6 groups by the cosine of their contextual vectors; the " +
      "division with the best mean silhouette is taken, and none when that is below 0.2 + 1 / the number of uses. Groups of " +
      `one use or of under 3 % are joined to the nearest, and uses in other forms go to the nearest. ${found}`,
  };
}
