import { dotRow, meanOf, rowAt, rowsOf, squared, unit, type Rows } from "./unit-vectors.ts";
import { splitInTwo } from "./split-in-two.ts";
import { meanSilhouette } from "./silhouette.ts";

/** Most senses that are told apart. */
const MOST_GROUPS = 6;
/** Below it a division cuts one cloud in pieces; few uses fall into pieces by chance, so they must be further apart. */
const LEAST_SILHOUETTE = 0.2;
/** Groups with fewer uses, or a smaller share of them, are noise and joined to the nearest. */
const LEAST_SIZE = 2;
const LEAST_SHARE = 0.03;
/** How many groups there are is decided on so many uses, evenly taken; all others go to the nearest group. */
const MOST_DECIDING = 300;
const MOST_ROUNDS = 12;

export interface Grouping {
  /** For each row its group, from 0, the largest group first. */
  readonly labels: Int32Array;
  readonly groups: number;
  /** Of the best division in two or more groups, whether it was taken or not; undefined: too few rows to divide. */
  readonly silhouette: number | undefined;
  /** What the silhouette must reach. */
  readonly threshold: number;
}

/**
 * Groups directions. From one group on, the group whose halves are furthest apart is divided, and all groups are settled
 * (spherical k-means); of the divisions in 2 to 6 groups that with the best mean silhouette (cosine distance) is taken, or
 * none when that is below 0.2 + 1 / the number of rows. Groups of a single row or of under 3 % are joined to the nearest.
 * The same rows give the same groups, in whatever order they come.
 * @param rows of length 1
 * @param deciding numbers of the rows that the groups are made of; the others are put to the nearest. Left out: all
 */
export function groupUses(rows: Rows, deciding?: readonly number[]): Grouping {
  const sorted = inCanonicalOrder(rows, deciding ?? Array.from({ length: rows.count }, (_, i) => i));
  const threshold = LEAST_SILHOUETTE + 1 / Math.max(1, sorted.count);
  const sample = thinned(sorted, MOST_DECIDING);
  let best: { silhouette: number; centres: Rows } | undefined;
  for (const labels of divisions(sample)) {
    const kept = withoutNoise(sample, labels);
    if (kept.count < 2) continue;
    const silhouette = meanSilhouette(sample, nearest(sample, kept), kept.count);
    if (best === undefined || silhouette > best.silhouette) best = { silhouette, centres: kept };
  }
  const { silhouette } = best ?? {};
  if (best === undefined || best.silhouette < threshold)
    return { labels: new Int32Array(rows.count), groups: Math.min(1, rows.count), silhouette, threshold };
  const centres = centresOf(sorted, settled(sorted, best.centres), best.centres.count);
  return { ...bySize(nearest(rows, centres)), silhouette, threshold };
}

/** Divisions in 2, 3 … groups, each made from the one before. */
function* divisions(rows: Rows): Generator<Int32Array> {
  let labels: Int32Array = new Int32Array(rows.count);
  for (let groups = 1; groups < MOST_GROUPS; groups += 1) {
    const halves = furthestHalves(rows, labels, groups);
    if (halves === undefined) return;
    labels = Int32Array.from(labels);
    for (const row of halves) labels[row] = groups;
    labels = settled(rows, centresOf(rows, labels, groups + 1));
    yield labels;
  }
}

/** Members of the half that is to leave its group: that of the group which comes apart most. */
function furthestHalves(rows: Rows, labels: Int32Array, groups: number): readonly number[] | undefined {
  let best: { gain: number; half: readonly number[] } | undefined;
  for (let group = 0; group < groups; group += 1) {
    const members = membersOf(labels, group);
    const halves = splitInTwo(rows, members);
    if (halves === undefined) continue;
    // Length of a sum of directions: the more alike they are, the longer.
    const gain = sumLength(rows, halves[0]) + sumLength(rows, halves[1]) - sumLength(rows, members);
    if (best === undefined || gain > best.gain) best = { gain, half: halves[1] };
  }
  return best?.half;
}

/** Rows put to the nearest centre, and centres to the middle of their rows, until nothing moves. */
function settled(rows: Rows, start: Rows): Int32Array {
  let centres = start;
  let labels = nearest(rows, centres);
  for (let round = 0; round < MOST_ROUNDS; round += 1) {
    centres = centresOf(rows, labels, start.count);
    const next = nearest(rows, centres);
    if (next.every((label, i) => label === labels[i])) break;
    labels = next;
  }
  return labels;
}

/** The centres of the groups that are large enough. */
function withoutNoise(rows: Rows, labels: Int32Array): Rows {
  const least = Math.max(LEAST_SIZE, LEAST_SHARE * rows.count);
  const groups = [...new Set(labels)].map((group) => membersOf(labels, group));
  const large = groups.filter((members) => members.length >= least);
  return rowsOf(
    large.map((members) => unit(meanOf(rows, members))),
    rows.width,
  );
}

function nearest(rows: Rows, centres: Rows): Int32Array {
  const labels = new Int32Array(rows.count);
  const most = new Float64Array(rows.count).fill(-Infinity);
  for (let group = 0; group < centres.count; group += 1) {
    const centre = rowAt(centres, group);
    for (let i = 0; i < rows.count; i += 1) {
      const similarity = dotRow(rows, i, centre);
      if (similarity <= (most[i] ?? 0)) continue;
      most[i] = similarity;
      labels[i] = group;
    }
  }
  return labels;
}

function centresOf(rows: Rows, labels: Int32Array, groups: number): Rows {
  return rowsOf(
    Array.from({ length: groups }, (_, group) => unit(meanOf(rows, membersOf(labels, group)))),
    rows.width,
  );
}

function membersOf(labels: Int32Array, group: number): number[] {
  const members: number[] = [];
  for (let i = 0; i < labels.length; i += 1) if (labels[i] === group) members.push(i);
  return members;
}

function sumLength(rows: Rows, members: readonly number[]): number {
  return members.length * Math.sqrt(squared(meanOf(rows, members)));
}

/** Rows sorted by their numbers themselves, so that sums come out alike to the last bit whatever the order was. */
function inCanonicalOrder(rows: Rows, members: readonly number[]): Rows {
  const order = [...members].sort((a, b) => {
    for (let i = 0; i < rows.width; i += 1) {
      const difference = (rows.values[a * rows.width + i] ?? 0) - (rows.values[b * rows.width + i] ?? 0);
      if (difference !== 0) return difference;
    }
    return 0;
  });
  return rowsOf(
    order.map((row) => rowAt(rows, row)),
    rows.width,
  );
}

function thinned(rows: Rows, most: number): Rows {
  if (rows.count <= most) return rows;
  const taken = Array.from({ length: most }, (_, i) => rowAt(rows, Math.floor((i * rows.count) / most)));
  return rowsOf(taken, rows.width);
}

/** Groups numbered by size, the largest first; equal ones as they were. */
function bySize(labels: Int32Array): Pick<Grouping, "labels" | "groups"> {
  const sizes = new Map<number, number>();
  for (const label of labels) sizes.set(label, (sizes.get(label) ?? 0) + 1);
  const ranked = [...sizes].sort(([a, sizeA], [b, sizeB]) => sizeB - sizeA || a - b).map(([label]) => label);
  const ranks = new Map(ranked.map((label, rank) => [label, rank]));
  return { labels: labels.map((label) => ranks.get(label) ?? 0), groups: ranked.length };
}
