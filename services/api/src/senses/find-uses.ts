import { unpackUnits, type Filter } from "@polyseme/core";
import {
  findWords,
  readTokenRows,
  rowOf,
  type Collection,
  type Database,
  type RowRef,
  type WordChunk,
} from "@polyseme/store";
import { makeFormOf, wordRuns } from "@polyseme/words";
import { directionOf, storedRow } from "./unit-vectors.ts";
import { indexedForms } from "./word-place.ts";

/** A word where it stands in a collection. */
export interface Use {
  readonly documentId: string;
  readonly chunk: UseChunk;
  /** UTF-16 offsets in the document's text. */
  readonly start: number;
  readonly end: number;
  readonly word: string;
  /** Its contextual vector, at length 1. */
  readonly vector: Float32Array;
}

export type UseChunk = Pick<WordChunk, "ordinal" | "start" | "end" | "text">;

export interface FoundUses {
  /** In the order of document id, chunk and place. */
  readonly uses: readonly Use[];
  /** True when there are more chunks, or uses in them, than were looked at. */
  readonly truncated: boolean;
  readonly bytesRead: number;
}

interface PlacedUse extends Omit<Use, "vector"> {
  readonly rows: readonly RowRef[];
  readonly pieces: readonly number[];
}

/**
 * Places of a collection where a word stands in any of its forms, each with its vector.
 * @param forms of a word, or of several one behind the other
 * @param limit most chunks, and most uses
 * @param filter only places in documents whose metadata match
 */
export async function findUses(
  database: Database,
  collection: Collection,
  forms: readonly string[],
  limit: number,
  filter?: Filter,
): Promise<FoundUses> {
  const precision = collection.generation.tokens.tokenVectors === "half" ? "half" : "int8";
  const found = await findWords(database, collection, { forms: indexedForms(forms), limit, filter });
  const formOf = makeFormOf(collection.language);
  const all = found.chunks.flatMap((chunk) => usesIn(chunk, forms, formOf));
  const placed = all.slice(0, limit);
  const rows = await readTokenRows(
    database,
    collection,
    placed.flatMap((use) => use.rows),
  );
  let bytesRead = found.chunks.reduce((sum, chunk) => sum + chunk.units.length + Buffer.byteLength(chunk.text), 0);
  let next = 0;
  const uses: Use[] = [];
  for (const { rows: wanted, pieces, ...use } of placed) {
    const own = rows.slice(next, (next += wanted.length)).filter((row) => row !== undefined);
    bytesRead += own.reduce((sum, { length }) => sum + length, 0);
    // Written again since it was found: its new words are for the next one who asks.
    if (own.length < wanted.length) continue;
    const vectors = own.map((row) => storedRow(row, precision));
    uses.push({ ...use, vector: directionOf(vectors, pieces) });
  }
  return { uses, truncated: found.truncated || all.length > limit, bytesRead };
}

function usesIn(chunk: WordChunk, forms: readonly string[], formOf: (word: string) => string): PlacedUse[] {
  const { documentId, ordinal, start, end, text } = chunk;
  const units = unpackUnits(chunk.units, 0, { rows: chunk.rows });
  const words = Array.from(units.starts, (from, i) => text.slice(from, units.ends[i]));
  return wordRuns(words, forms, formOf).map((first) => {
    const numbers = forms.map((_, i) => first + i);
    const from = units.starts[first] ?? 0;
    const to = units.ends[first + forms.length - 1] ?? from;
    return {
      documentId,
      chunk: { ordinal, start, end, text },
      start: start + from,
      end: start + to,
      word: text.slice(from, to),
      rows: numbers.map((i) => rowOf(chunk, units.rows[i] ?? 0)),
      pieces: numbers.map((i) => units.pieces[i] ?? 1),
    };
  });
}
