import type { PackedTokens, TokenUnits } from "./packed-tokens.ts";

/** The units of a document's chunks as one, in the order of the text; their rows are numbered through all chunks. */
export interface JoinedTokens extends Pick<PackedTokens, "precision" | "dimensions" | "units"> {
  readonly chunks: readonly PackedTokens[];
}

/**
 * Joins a document's chunks. What overlapping chunks hold twice is taken once; vectors stay where they are.
 * @param chunks with offsets in the document, all of one precision and width
 * @throws Error when they are not
 */
export function joinTokens(chunks: readonly PackedTokens[]): JoinedTokens {
  const [first] = chunks;
  if (first === undefined) throw new Error("There are no chunks to join");
  const { precision, dimensions } = first;
  if (chunks.some((chunk) => chunk.precision !== precision || chunk.dimensions !== dimensions))
    throw new Error("Chunks of different precisions or widths cannot be joined");
  return { precision, dimensions, units: joinUnits(chunks), chunks };
}

function joinUnits(chunks: readonly PackedTokens[]): TokenUnits {
  const [first] = chunks;
  if (chunks.length === 1 && first !== undefined) return first.units;
  return followEachOther(chunks) ? concatUnits(chunks) : mergeUnits(chunks);
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
