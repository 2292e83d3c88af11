import { fromHalves } from "./half.ts";
import { packAround, packQuantised, type PackedTokens, type TokenUnits } from "./packed-tokens.ts";

/**
 * The units of a document's chunks as one, in the order of the text. What overlapping chunks hold twice is taken once. The
 * stored values are copied as they are.
 * @param chunks with offsets in the document, all of one precision and width
 * @throws Error when they are not
 */
export function joinTokens(chunks: readonly PackedTokens[]): PackedTokens {
  const [first] = chunks;
  if (first === undefined) throw new Error("There are no chunks to join");
  const { precision, dimensions } = first;
  if (chunks.some((chunk) => chunk.precision !== precision || chunk.dimensions !== dimensions))
    throw new Error("Chunks of different precisions or widths cannot be joined");
  if (chunks.length === 1) return first;
  const rows = chunks.reduce((sum, { scales }) => sum + scales.length, 0);
  const values = precision === "int8" ? new Int8Array(rows * dimensions) : new Uint16Array(rows * dimensions);
  const scales = new Float32Array(rows);
  const norms = new Float32Array(rows);
  let rowsBefore = 0;
  for (const { values: own, scales: ownScales, norms: ownNorms } of chunks) {
    values.set(own, rowsBefore * dimensions);
    scales.set(ownScales, rowsBefore);
    norms.set(ownNorms, rowsBefore);
    rowsBefore += ownScales.length;
  }
  return {
    precision,
    dimensions,
    units: followEachOther(chunks) ? concatUnits(chunks) : mergeUnits(chunks),
    values,
    scales,
    norms,
  };
}

/** Whether each chunk begins where the one before it has ended, so that there is nothing to sort. */
function followEachOther(chunks: readonly PackedTokens[]): boolean {
  let end = 0;
  return chunks.every(({ units: { starts, ends } }) => {
    const follows = (starts[0] ?? end) >= end;
    end = ends.at(-1) ?? end;
    return follows;
  });
}

function concatUnits(chunks: readonly PackedTokens[]): TokenUnits {
  const count = chunks.reduce((sum, { units }) => sum + units.starts.length, 0);
  const joined = {
    starts: new Int32Array(count),
    ends: new Int32Array(count),
    pieces: new Int32Array(count),
    rows: new Int32Array(count),
  };
  let at = 0;
  let rowsBefore = 0;
  for (const { units, scales } of chunks) {
    joined.starts.set(units.starts, at);
    joined.ends.set(units.ends, at);
    joined.pieces.set(units.pieces, at);
    for (let i = 0; i < units.rows.length; i += 1) joined.rows[at + i] = rowsBefore + (units.rows[i] ?? 0);
    at += units.starts.length;
    rowsBefore += scales.length;
  }
  return joined;
}

function mergeUnits(chunks: readonly PackedTokens[]): TokenUnits {
  const places: { start: number; end: number; pieces: number; row: number }[] = [];
  let rowsBefore = 0;
  for (const { units, scales } of chunks) {
    for (let i = 0; i < units.starts.length; i += 1)
      places.push({
        start: units.starts[i] ?? 0,
        end: units.ends[i] ?? 0,
        pieces: units.pieces[i] ?? 0,
        row: rowsBefore + (units.rows[i] ?? 0),
      });
    rowsBefore += scales.length;
  }
  // Stable, so of two at one place the earlier chunk's is kept.
  places.sort((a, b) => a.start - b.start);
  let end = -1;
  const kept = places.filter((place) => {
    if (place.start < end) return false;
    end = place.end;
    return true;
  });
  return {
    starts: Int32Array.from(kept, ({ start }) => start),
    ends: Int32Array.from(kept, (place) => place.end),
    pieces: Int32Array.from(kept, ({ pieces }) => pieces),
    rows: Int32Array.from(kept, ({ row }) => row),
  };
}

/**
 * Some of the units with their vectors, packed.
 * @param range first unit, and behind the last one
 * @param origin where their chunk begins
 */
export function packRange(tokens: PackedTokens, range: readonly [from: number, to: number], origin: number): Buffer {
  const { dimensions, values, scales, norms } = tokens;
  const { units, rows } = rangeOfUnits(tokens, range);
  return packQuantised(
    {
      ...tokens,
      units,
      values: copyRows(values, rows, dimensions),
      scales: Float32Array.from(rows, (row) => scales[row] ?? 0),
      norms: Float32Array.from(rows, (row) => norms[row] ?? 0),
    },
    origin,
  );
}

/** Rows that lie one behind the other in one of the chunks that were joined. */
export interface RowSlice {
  /** Which of the joined chunks. */
  readonly chunk: number;
  /** Of its rows. */
  readonly first: number;
  readonly count: number;
}

/** A packed value whose rows are named and not copied: whoever has the chunks puts scales, norms and values between. */
export interface SlicedTokens {
  /** What the value has before its rows, and behind them. */
  readonly places: Uint8Array;
  readonly slices: readonly RowSlice[];
}

/**
 * The same as `packRange`, with its rows named.
 * @param rowsOf rows of each of the joined chunks, in their order
 */
export function sliceRange(
  tokens: PackedTokens,
  range: readonly [from: number, to: number],
  origin: number,
  rowsOf: readonly number[],
): SlicedTokens {
  const { units, rows } = rangeOfUnits(tokens, range);
  const slices: { chunk: number; first: number; count: number }[] = [];
  let last = -1;
  let chunk = 0;
  let rowsBefore = 0;
  for (const row of rows) {
    // Rows mostly ascend, so the search goes on from where it was.
    if (row < rowsBefore) [chunk, rowsBefore] = [0, 0];
    for (let own = rowsOf[chunk] ?? Infinity; row >= rowsBefore + own; own = rowsOf[chunk] ?? Infinity) {
      rowsBefore += own;
      chunk += 1;
    }
    const slice = slices.at(-1);
    if (slice?.chunk === chunk && row === last + 1) slice.count += 1;
    else slices.push({ chunk, first: row - rowsBefore, count: 1 });
    last = row;
  }
  const { head, tail } = packAround(tokens, units, { rows: rows.length, origin });
  return { places: Buffer.concat([head, tail]), slices };
}

/** Some of the units, with their rows numbered in the order in which they come, and which rows those were. */
function rangeOfUnits(
  { units }: PackedTokens,
  [from, to]: readonly [from: number, to: number],
): { readonly units: TokenUnits; readonly rows: readonly number[] } {
  const { starts, ends, pieces } = units;
  const own = { starts: starts.subarray(from, to), ends: ends.subarray(from, to), pieces: pieces.subarray(from, to) };
  const rows = new Int32Array(to - from);
  const first = units.rows[from] ?? 0;
  let isRun = true;
  for (let i = 0; i < rows.length; i += 1) {
    rows[i] = i;
    isRun &&= units.rows[from + i] === first + i;
  }
  // As they all are where none are pooled.
  if (isRun) return { units: { ...own, rows }, rows: Array.from(rows, (place) => first + place) };
  const places = new Map<number, number>();
  for (let i = from; i < to; i += 1) {
    const row = units.rows[i] ?? 0;
    const place = places.get(row) ?? places.size;
    places.set(row, place);
    rows[i - from] = place;
  }
  return { units: { ...own, rows }, rows: [...places.keys()] };
}

function copyRows(values: PackedTokens["values"], rows: readonly number[], dimensions: number): PackedTokens["values"] {
  const [first = 0] = rows;
  // Without pooling a chunk's rows lie one behind the other.
  if (rows.every((row, place) => row === first + place))
    return values.slice(first * dimensions, (first + rows.length) * dimensions);
  const copied =
    values instanceof Int8Array ? new Int8Array(rows.length * dimensions) : new Uint16Array(rows.length * dimensions);
  for (const [place, row] of rows.entries())
    copied.set(values.subarray(row * dimensions, (row + 1) * dimensions), place * dimensions);
  return copied;
}

/**
 * Gives the normalised mean of the vectors of a range of units, each counted as often as it has pieces.
 * @returns a function that writes the mean of a range to `mean`, of as many dimensions
 */
export function unitMeans(
  tokens: PackedTokens,
): (range: readonly [from: number, to: number], mean: Float32Array) => void {
  const { dimensions, units, scales } = tokens;
  const values = tokens.values instanceof Uint16Array ? fromHalves(tokens.values) : tokens.values;
  const weightOf = (unit: number): number => (units.pieces[unit] ?? 0) * (scales[units.rows[unit] ?? 0] ?? 0);
  const vectorAt = (unit: number): number => (units.rows[unit] ?? 0) * dimensions;
  const sum = new Float64Array(dimensions);
  return ([from, to], mean) => {
    sum.fill(0);
    let unit = from;
    // Four at a time, and without a view of each: reading and writing the sum for each one takes most of the time.
    for (; unit + 4 <= to; unit += 4) {
      const [a, b, c, d] = [vectorAt(unit), vectorAt(unit + 1), vectorAt(unit + 2), vectorAt(unit + 3)];
      const [wa, wb, wc, wd] = [weightOf(unit), weightOf(unit + 1), weightOf(unit + 2), weightOf(unit + 3)];
      for (let i = 0; i < dimensions; i += 1)
        sum[i] =
          (sum[i] ?? 0) +
          (wa * (values[a + i] ?? 0) +
            wb * (values[b + i] ?? 0) +
            (wc * (values[c + i] ?? 0) + wd * (values[d + i] ?? 0)));
    }
    for (; unit < to; unit += 1) {
      const [a, wa] = [vectorAt(unit), weightOf(unit)];
      for (let i = 0; i < dimensions; i += 1) sum[i] = (sum[i] ?? 0) + wa * (values[a + i] ?? 0);
    }
    let squares = 0;
    for (const value of sum) squares += value * value;
    const length = Math.sqrt(squares);
    for (let i = 0; i < dimensions; i += 1) mean[i] = (sum[i] ?? 0) / length;
  };
}
