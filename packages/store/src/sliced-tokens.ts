import type { SlicedTokens } from "@polyseme/core";

/** The layout of `packTokens`: a header, then a scale and a norm a row, the values, the units. */
const HEADER_BYTES = 12;
const FLOAT_BYTES = 4;

/** Where the named rows are. */
export interface RowSource {
  /** The table of chunks with token vectors. */
  readonly table: string;
  /** Of one row of values. */
  readonly rowBytes: number;
}

/** One entry a slice, of all chunks one behind the other, and for each chunk its first and last entry, from 1 on. */
export interface SliceLists {
  readonly ordinals: readonly number[];
  readonly firsts: readonly number[];
  readonly counts: readonly number[];
  readonly firstOf: readonly number[];
  readonly lastOf: readonly number[];
}

export function listSlices(chunks: readonly SlicedTokens[]): SliceLists {
  const slices = chunks.flatMap((chunk) => chunk.slices);
  const lastOf: number[] = [];
  for (const chunk of chunks) lastOf.push((lastOf.at(-1) ?? 0) + chunk.slices.length);
  return {
    ordinals: slices.map(({ chunk }) => chunk),
    firsts: slices.map(({ first }) => first),
    counts: slices.map(({ count }) => count),
    firstOf: lastOf.map((last, at) => last - (chunks[at]?.slices.length ?? 0) + 1),
    lastOf,
  };
}

/**
 * A lateral part of a `from` that answers `p(rows)`: the scales, norms and values that a chunk's slices name, as a packed
 * value has them. They go from table to table inside Postgres, where only the pages of the slices are read: sent out and in
 * again they take three times as long.
 * @param u a row with document_id, first_slice and last_slice
 * @param given adds a parameter
 */
export function slicedRows(
  { table, rowBytes }: RowSource,
  { ordinals, firsts, counts }: SliceLists,
  given: (value: unknown, type: string) => string,
): string {
  const of = (values: readonly number[]): string => `(${given(values, "int[]")})[k]`;
  const part = (from: string, bytes: number): string =>
    `string_agg(substring(s.tokens from ${HEADER_BYTES + 1} + ${from} for ${bytes} * i.count), '' order by k)`;
  return `cross join lateral (
      select ${part(`${FLOAT_BYTES} * i.first`, FLOAT_BYTES)} || ${part(`${FLOAT_BYTES} * (s.rows + i.first)`, FLOAT_BYTES)}
        || ${part(`${2 * FLOAT_BYTES} * s.rows + ${rowBytes} * i.first`, rowBytes)} as rows
      from generate_series(u.first_slice, u.last_slice) k
      cross join lateral (
        select ${of(ordinals)} as ordinal, ${of(firsts)} as first, ${of(counts)} as count offset 0
      ) i
      cross join lateral (
        select c.tokens, get_byte(h.bytes, 0) + (get_byte(h.bytes, 1) << 8) + (get_byte(h.bytes, 2) << 16) as rows
        from ${table} c cross join lateral (select substring(c.tokens from 9 for 4) as bytes offset 0) h
        where c.document_id = u.document_id and c.ordinal = i.ordinal offset 0
      ) s
    ) p`;
}
