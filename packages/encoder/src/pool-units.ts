import type { TokenUnits } from "@polyseme/core";

/** Vectors that several units share. */
export interface PooledUnits {
  /** Row of each unit. */
  readonly rows: Int32Array;
  /** [rows, dimensions] */
  readonly vectors: Float32Array;
}

/** Units are compared in so many dimensions; what is near in all of them is near in these, to some 15 %. */
const SKETCH = 64;
/** Time and memory grow with the square of what is compared at once. A multiple of every factor. */
const BLOCK = 252;
/** A vector has at most so many times `factor` units: even the little words of a chunk say something of where they are. */
const CAP = 12;
const LEVELS = 4_096;
/** Pairs of two little words, of one, and of none. */
const TIERS = 3;
/** Longest little word. */
const LITTLE = 3;
const WORD = /[\p{L}\p{N}]/u;

/**
 * For each unit the number of its word, whatever its case; below 0 for little ones: signs and words of up to three UTF-16
 * units, which carry little that somebody would look for.
 * @param units of exactly this text
 */
export function wordNumbers(text: string, { starts, ends }: Pick<TokenUnits, "starts" | "ends">): Int32Array {
  const numbers = new Map<string, number>();
  return Int32Array.from(starts, (start, unit) => {
    const word = text.slice(start, ends[unit]);
    if (word.length <= LITTLE || !WORD.test(word)) return -1;
    const form = word.toLowerCase();
    const number = numbers.get(form) ?? numbers.size;
    numbers.set(form, number);
    return number;
  });
}

/**
 * Lets units share vectors until there are at most ⌈units ÷ factor⌉: two little words before a little and a longer one,
 * those before two longer ones, and among each the most alike first. Two places of one longer word never share while
 * others can: they may mean different things, and are alike all the same. A shared vector is the mean of its units' by
 * their pieces, so the mean over all units by pieces stays what it was. The same units give the same groups.
 * @param units.words as `wordNumbers` gives them
 * @param vectors [units, dimensions]
 * @param factor 1: every unit keeps its own
 */
export function poolUnits(
  { pieces, words }: { readonly pieces: Int32Array; readonly words: Int32Array },
  vectors: Float32Array,
  dimensions: number,
  factor: number,
): PooledUnits {
  const count = pieces.length;
  const groups = Int32Array.from(pieces, (_, unit) => unit);
  if (factor <= 1) return { rows: groups, vectors };
  const sketches = sketch(vectors, count, dimensions);
  for (let from = 0; from < count; from += BLOCK)
    groupBlock({ sketches, words, groups }, from, Math.min(count, from + BLOCK), factor);
  return meansOf(groups, pieces, vectors, dimensions);
}

interface Grouping {
  readonly sketches: Float32Array;
  readonly words: Int32Array;
  /** Of each unit the number of its group's first. */
  readonly groups: Int32Array;
}

function groupBlock(grouping: Grouping, from: number, end: number, factor: number): void {
  const { words, groups } = grouping;
  const count = end - from;
  const members = Array.from({ length: count }, (_, i) => [from + i]);
  const wanted = Math.ceil(count / factor);
  let left = count;
  const pairs = pairsInOrder(grouping, from, end);
  for (const apart of [true, false])
    for (const pair of pairs) {
      if (left <= wanted) return;
      const a = groups[from + Math.floor(pair / count)] ?? 0;
      const b = groups[from + (pair % count)] ?? 0;
      if (a === b) continue;
      const kept = members[Math.min(a, b) - from] ?? [];
      const gone = members[Math.max(a, b) - from] ?? [];
      if (kept.length + gone.length > CAP * factor || (apart && haveOneWord(kept, gone, words))) continue;
      for (const unit of gone) groups[unit] = Math.min(a, b);
      kept.push(...gone.splice(0));
      left -= 1;
    }
}

function haveOneWord(some: readonly number[], others: readonly number[], words: Int32Array): boolean {
  return some.some((a) => (words[a] ?? -1) >= 0 && others.some((b) => words[a] === words[b]));
}

/**
 * Each dimension added with a sign to one of the sketch's, by a fixed rule: products and distances stay what they were but
 * for chance. At length 1.
 */
function sketch(vectors: Float32Array, count: number, dimensions: number): Float32Array {
  const sketches = new Float32Array(count * SKETCH);
  const targets = new Int32Array(dimensions);
  const signs = new Float32Array(dimensions);
  for (let i = 0; i < dimensions; i += 1) {
    const hash = Math.imul(i + 1, 0x9e3779b1) >>> 0;
    targets[i] = hash % SKETCH;
    signs[i] = (hash >>> 16) & 1 ? 1 : -1;
  }
  for (let row = 0; row < count; row += 1) {
    const at = row * SKETCH;
    for (let i = 0; i < dimensions; i += 1) {
      const target = at + (targets[i] ?? 0);
      sketches[target] = (sketches[target] ?? 0) + (signs[i] ?? 0) * (vectors[row * dimensions + i] ?? 0);
    }
    let squares = 0;
    for (let i = at; i < at + SKETCH; i += 1) squares += (sketches[i] ?? 0) ** 2;
    const scale = squares > 0 ? 1 / Math.sqrt(squares) : 0;
    for (let i = at; i < at + SKETCH; i += 1) sketches[i] = (sketches[i] ?? 0) * scale;
  }
  return sketches;
}

/** All pairs of [from, end) in the order in which they may share, sorted by counting; a pair is first × count + second. */
function pairsInOrder({ sketches, words }: Grouping, from: number, end: number): Int32Array {
  const count = end - from;
  const pairs = new Int32Array((count * (count - 1)) / 2);
  const levels = new Uint16Array(pairs.length);
  const places = new Int32Array(TIERS * LEVELS + 1);
  let at = 0;
  for (let a = from; a < end; a += 1)
    for (let b = a + 1; b < end; b += 1) {
      const distance = 1 - product(sketches, a * SKETCH, b * SKETCH);
      const tier = ((words[a] ?? -1) >= 0 ? 1 : 0) + ((words[b] ?? -1) >= 0 ? 1 : 0);
      const level = tier * LEVELS + Math.min(LEVELS - 1, Math.max(0, Math.floor(distance * (LEVELS / 2))));
      levels[at++] = level;
      places[level + 1] = (places[level + 1] ?? 0) + 1;
    }
  for (let i = 1; i < places.length; i += 1) places[i] = (places[i] ?? 0) + (places[i - 1] ?? 0);
  at = 0;
  for (let a = 0; a < count; a += 1)
    for (let b = a + 1; b < count; b += 1) {
      const level = levels[at++] ?? 0;
      const place = places[level] ?? 0;
      pairs[place] = a * count + b;
      places[level] = place + 1;
    }
  return pairs;
}

/** Of two sketches. Four sums, as each addition to one waits for the one before it. */
function product(sketches: Float32Array, a: number, b: number): number {
  let first = 0;
  let second = 0;
  let third = 0;
  let fourth = 0;
  for (let i = 0; i < SKETCH; i += 4) {
    first += (sketches[a + i] ?? 0) * (sketches[b + i] ?? 0);
    second += (sketches[a + i + 1] ?? 0) * (sketches[b + i + 1] ?? 0);
    third += (sketches[a + i + 2] ?? 0) * (sketches[b + i + 2] ?? 0);
    fourth += (sketches[a + i + 3] ?? 0) * (sketches[b + i + 3] ?? 0);
  }
  return first + second + third + fourth;
}

function meansOf(groups: Int32Array, pieces: Int32Array, vectors: Float32Array, dimensions: number): PooledUnits {
  const rowOf = new Map<number, number>();
  const rows = Int32Array.from(groups, (group) => {
    const row = rowOf.get(group) ?? rowOf.size;
    rowOf.set(group, row);
    return row;
  });
  const sums = new Float64Array(rowOf.size * dimensions);
  const weights = new Float64Array(rowOf.size);
  for (let unit = 0; unit < rows.length; unit += 1) {
    const row = rows[unit] ?? 0;
    const weight = pieces[unit] ?? 1;
    weights[row] = (weights[row] ?? 0) + weight;
    for (let i = 0; i < dimensions; i += 1) {
      const target = row * dimensions + i;
      sums[target] = (sums[target] ?? 0) + weight * (vectors[unit * dimensions + i] ?? 0);
    }
  }
  const means = new Float32Array(sums.length);
  for (let row = 0; row < weights.length; row += 1) {
    const weight = weights[row] ?? 1;
    for (let i = row * dimensions; i < (row + 1) * dimensions; i += 1) means[i] = (sums[i] ?? 0) / weight;
  }
  return { rows, vectors: means };
}
