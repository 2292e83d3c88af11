import { dot, dotRow, meanOf, rowAt, rowsOf, unit, type Rows } from "./unit-vectors.ts";
import { largestDirection } from "./plane.ts";

/** A half of one row tells nothing. */
const LEAST_ROWS = 4;
const MOST_ROUNDS = 8;
/** Of power iteration: a first guess of the halves is enough, as they are settled afterwards. */
const GUESS_ROUNDS = 12;

/**
 * Two halves of some rows: cut through the middle across their largest difference, then settled (spherical k-means with two
 * centres). Nothing is drawn by chance.
 * @returns undefined when there are too few of them, or they are all alike
 */
export function splitInTwo(
  rows: Rows,
  members: readonly number[],
): readonly [readonly number[], readonly number[]] | undefined {
  if (members.length < LEAST_ROWS) return undefined;
  const own = rowsOf(
    members.map((row) => rowAt(rows, row)),
    rows.width,
  );
  const mean = meanOf(own);
  const centred = Float32Array.from(own.values, (value, i) => value - (mean[i % own.width] ?? 0));
  const direction = largestDirection({ ...own, values: centred }, undefined, GUESS_ROUNDS);
  const middle = dot(mean, direction);
  let isSecond = Array.from({ length: own.count }, (_, i) => dotRow(own, i, direction) < middle);
  for (let round = 0; round < MOST_ROUNDS; round += 1) {
    const first = centreWhere(own, isSecond, false);
    const second = centreWhere(own, isSecond, true);
    if (first === undefined || second === undefined) return undefined;
    const next = isSecond.map((_, i) => dotRow(own, i, second) > dotRow(own, i, first));
    const moved = next.some((value, i) => value !== isSecond[i]);
    isSecond = next;
    if (!moved) break;
  }
  const halves = [
    members.filter((_, i) => isSecond[i] === false),
    members.filter((_, i) => isSecond[i] === true),
  ] as const;
  return halves[0].length === 0 || halves[1].length === 0 ? undefined : halves;
}

function centreWhere(rows: Rows, isSecond: readonly boolean[], wanted: boolean): Float32Array | undefined {
  const chosen = isSecond.flatMap((value, i) => (value === wanted ? [i] : []));
  return chosen.length === 0 ? undefined : unit(meanOf(rows, chosen));
}
