import { dotRow, meanOf, type Rows } from "./unit-vectors.ts";

/**
 * The mean silhouette (Rousseeuw 1987) at cosine distance: for each row how much nearer its own group is than the nearest
 * other, from -1 to 1; 0 for a row alone. Mean distances come from the groups' sums, so no pair is looked at.
 * @param rows of length 1
 * @param labels 0 to groups - 1
 */
export function meanSilhouette(rows: Rows, labels: Int32Array, groups: number): number {
  const members = Array.from({ length: groups }, (_, group) =>
    [...labels.keys()].filter((row) => labels[row] === group),
  );
  const means = members.map((of) => meanOf(rows, of));
  let sum = 0;
  for (let i = 0; i < rows.count; i += 1) {
    const own = labels[i] ?? 0;
    const size = members[own]?.length ?? 0;
    if (size < 2) continue;
    let within = 0;
    let other = Infinity;
    for (const [group, mean] of means.entries()) {
      const similarity = dotRow(rows, i, mean);
      if (group === own) within = 1 - (similarity * size - 1) / (size - 1);
      else if ((members[group]?.length ?? 0) > 0) other = Math.min(other, 1 - similarity);
    }
    const most = Math.max(within, other);
    if (most > 0 && other < Infinity) sum += (other - within) / most;
  }
  return rows.count === 0 ? 0 : sum / rows.count;
}
