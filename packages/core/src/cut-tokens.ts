import { fromHalves } from "./half.ts";
import type { JoinedTokens } from "./join-tokens.ts";
import { packAround, type PackedTokens, type TokenUnits } from "./packed-tokens.ts";
import type { RowSums } from "./row-sums.ts";

/** Rows that lie one behind the other in one of the chunks that were joined. */
export interface RowSlice {
  /** Which of the joined chunks. */
  readonly chunk: number;
  /** Of its rows. */
  readonly first: number;
  readonly count: number;
}

/** Some of the joined units, and where their vectors are. */
export interface TokenCut {
  /** With rows numbered in the order in which they come. */
  readonly units: TokenUnits;
  readonly rows: number;
  /** All rows, in their order. */
  readonly slices: readonly RowSlice[];
}

/** A packed value whose rows are named and not copied: whoever has the chunks puts scales, norms and values between. */
export interface SlicedTokens {
  /** What the value has before its rows, and behind them. */
  readonly places: Uint8Array;
  readonly slices: readonly RowSlice[];
}

/** @param range first unit, and behind the last one */
export function cutTokens({ units, chunks }: JoinedTokens, [from, to]: readonly [from: number, to: number]): TokenCut {
  const { starts, ends, pieces } = units;
  const own = { starts: starts.subarray(from, to), ends: ends.subarray(from, to), pieces: pieces.subarray(from, to) };
  const joined = units.rows.subarray(from, to);
  const [first = 0] = joined;
  // As they all are where none are pooled.
  if (joined.every((row, place) => row === first + place)) {
    const rows = joined.map((_, place) => place);
    return { units: { ...own, rows }, rows: rows.length, slices: slicesOf(joined, chunks) };
  }
  const places = new Map<number, number>();
  const rows = joined.map((row) => {
    const place = places.get(row) ?? places.size;
    places.set(row, place);
    return place;
  });
  return { units: { ...own, rows }, rows: places.size, slices: slicesOf(Int32Array.from(places.keys()), chunks) };
}

function slicesOf(rows: Int32Array, chunks: readonly PackedTokens[]): RowSlice[] {
  const slices: { chunk: number; first: number; count: number }[] = [];
  let slice: (typeof slices)[number] | undefined;
  let chunk = 0;
  let firstOfChunk = 0;
  let behindChunk = chunks[0]?.scales.length ?? 0;
  let next = -1;
  for (const row of rows) {
    if (slice !== undefined && row === next && row < behindChunk) slice.count += 1;
    else {
      // Rows mostly ascend, so the search goes on from where it was.
      if (row < firstOfChunk) [chunk, firstOfChunk, behindChunk] = [0, 0, chunks[0]?.scales.length ?? 0];
      for (; row >= behindChunk && chunk < chunks.length - 1; behindChunk += chunks[chunk]?.scales.length ?? 0) {
        firstOfChunk = behindChunk;
        chunk += 1;
      }
      slices.push((slice = { chunk, first: row - firstOfChunk, count: 1 }));
    }
    next = row + 1;
  }
  return slices;
}

/**
 * The units of a cut with their vectors, packed. The stored values are copied as they are.
 * @param origin where their chunk begins
 */
export function packCut(tokens: JoinedTokens, { units, rows, slices }: TokenCut, origin: number): Buffer {
  const { head, tail } = packAround(tokens, units, { rows, origin });
  const rowsOf = (what: "scales" | "norms" | "values", width: number): Uint8Array[] =>
    slices.map(({ chunk, first, count }) => {
      const part = chunkAt(tokens, chunk)[what].subarray(first * width, (first + count) * width);
      // Typed arrays are little-endian on every platform that Node's prebuilt runtimes support.
      return new Uint8Array(part.buffer, part.byteOffset, part.byteLength);
    });
  return Buffer.concat([
    head,
    ...rowsOf("scales", 1),
    ...rowsOf("norms", 1),
    ...rowsOf("values", tokens.dimensions),
    tail,
  ]);
}

/** The same as `packCut`, with its rows named. */
export function sliceCut(tokens: JoinedTokens, { units, rows, slices }: TokenCut, origin: number): SlicedTokens {
  const { head, tail } = packAround(tokens, units, { rows, origin });
  return { places: Buffer.concat([head, tail]), slices };
}

/**
 * The normalised mean of the vectors of a cut's units, each counted as often as it has pieces.
 * @param mean takes it, of as many dimensions
 */
export function meanOfCut(
  tokens: JoinedTokens,
  { units, rows, slices }: TokenCut,
  sums: RowSums,
  mean: Float32Array,
): void {
  const weights = new Float32Array(rows);
  for (let unit = 0; unit < units.rows.length; unit += 1) {
    const row = units.rows[unit] ?? 0;
    weights[row] = (weights[row] ?? 0) + (units.pieces[unit] ?? 0);
  }
  let row = 0;
  for (const { chunk, first, count } of slices) {
    const { scales } = chunkAt(tokens, chunk);
    for (let i = 0; i < count; i += 1, row += 1) weights[row] = (weights[row] ?? 0) * (scales[first + i] ?? 0);
  }
  const { dimensions } = tokens;
  const values = slices.map(({ chunk, first, count }) =>
    chunkAt(tokens, chunk).values.subarray(first * dimensions, (first + count) * dimensions),
  );
  if (values.every((part) => part instanceof Int8Array)) sums.sum(values, weights, mean);
  else sumHalves(values, weights, mean);
  let squares = 0;
  for (let i = 0; i < dimensions; i += 1) squares += (mean[i] ?? 0) ** 2;
  const length = Math.sqrt(squares);
  for (let i = 0; i < dimensions; i += 1) mean[i] = (mean[i] ?? 0) / length;
}

function sumHalves(parts: readonly PackedTokens["values"][], weights: Float32Array, sum: Float32Array): void {
  sum.fill(0);
  let row = 0;
  for (const part of parts) {
    const values = part instanceof Uint16Array ? fromHalves(part) : part;
    for (let at = 0; at < values.length; at += sum.length, row += 1) {
      const weight = weights[row] ?? 0;
      for (let i = 0; i < sum.length; i += 1) sum[i] = (sum[i] ?? 0) + weight * (values[at + i] ?? 0);
    }
  }
}

function chunkAt({ chunks }: JoinedTokens, chunk: number): PackedTokens {
  const found = chunks[chunk];
  if (found === undefined) throw new Error("A slice of a chunk that was not joined");
  return found;
}
