import { squared, type Rows } from "./unit-vectors.ts";

/** Mean cosine of two uses; null where there are no two such. */
export interface UseSimilarities {
  readonly within: number | null;
  readonly across: number | null;
}

/**
 * Mean cosine over all pairs of uses in the same group, and over all pairs in different ones.
 * @param rows of length 1
 * @param labels 0 to groups - 1
 */
export function similarities(rows: Rows, labels: Int32Array, groups: number): UseSimilarities {
  const all = new Float64Array(rows.width);
  const sums = Array.from({ length: groups }, () => new Float64Array(rows.width));
  const sizes = new Array<number>(groups).fill(0);
  for (let i = 0; i < rows.count; i += 1) {
    const group = labels[i] ?? 0;
    sizes[group] = (sizes[group] ?? 0) + 1;
    for (let j = 0; j < rows.width; j += 1) {
      const value = rows.values[i * rows.width + j] ?? 0;
      all[j] = (all[j] ?? 0) + value;
      const sum = sums[group];
      if (sum !== undefined) sum[j] = (sum[j] ?? 0) + value;
    }
  }
  const ordered = (size: number): number => size * (size - 1);
  const inGroups = sums.map((sum, group) => squared(sum) - (sizes[group] ?? 0)).reduce((a, b) => a + b, 0);
  const pairsWithin = sizes.reduce((sum, size) => sum + ordered(size), 0);
  const pairsAcross = ordered(rows.count) - pairsWithin;
  const everywhere = squared(all) - rows.count;
  return {
    within: pairsWithin === 0 ? null : inGroups / pairsWithin,
    across: pairsAcross === 0 ? null : (everywhere - inGroups) / pairsAcross,
  };
}
