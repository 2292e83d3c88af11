import {
  cutTokens,
  joinTokens,
  meanOfCut,
  packCut,
  sliceCut,
  unpackTokens,
  type JoinedTokens,
  type RowSums,
} from "@polyseme/core";
import type { EmbeddedChunk, Generation } from "@polyseme/store";
import { planChunks } from "../plan-chunks.ts";
import { part, rangeOf, stretchesWithTokens } from "../plan-late.ts";
import { stretchesOf, type SectionedText } from "../stretches.ts";
import { formsOfUnits } from "../word-forms.ts";

export interface RechunkSettings extends Pick<Generation, "chunking" | "tokens"> {
  /** Gives a word's forms in the collection's language; see `makeFormsOf`. */
  readonly formsOf: (word: string) => readonly string[];
  /** Of the thread that it runs in. */
  readonly sums: RowSums;
  /** How many the model adds to each chunk. */
  readonly specialTokens: number;
  /** What is kept of token vectors: copies, or the names of the rows that are stored. */
  readonly rows: "copied" | "shared";
}

/**
 * Cuts a document anew and makes each chunk from its words' stored vectors: embedding, packed vectors (values copied, never
 * quantised again) and forms. Cuts fall between words only, and at each section's start. Undefined when it has no word.
 * @param stored its chunks in a generation with token vectors, in the order of the text
 */
export function rechunk(
  document: SectionedText,
  stored: readonly { readonly start: number; readonly packed: Uint8Array }[],
  settings: RechunkSettings,
): EmbeddedChunk[] | undefined {
  if (stored.length === 0) return undefined;
  const tokens = joinTokens(stored.map(({ start, packed }) => unpackTokens(packed, start)));
  const { units } = tokens;
  if (units.starts.length === 0) return undefined;
  const { text } = document;
  const { chunking, formsOf, specialTokens, sums } = settings;
  const pieces = asTokens(tokens);
  const spans = stretchesWithTokens(stretchesOf(document), pieces.starts).flatMap(({ start, end }) => {
    const own = part(pieces, rangeOf(pieces.starts, { start, end }), start);
    return planChunks(text.slice(start, end), own, chunking, specialTokens).map((span) => ({
      start: start + span.start,
      end: start + span.end,
    }));
  });
  // In one piece, as it may go to another thread.
  const embeddings = new Float32Array(spans.length * tokens.dimensions);
  return spans.map(({ start, end }, n) => {
    const { first: from, end: to } = rangeOf(units.starts, { start, end });
    const embedding = embeddings.subarray(n * tokens.dimensions, (n + 1) * tokens.dimensions);
    const cut = cutTokens(tokens, [from, to]);
    meanOfCut(tokens, cut, sums, embedding);
    const embedded = {
      start,
      end,
      text: text.slice(start, end),
      // As late chunks count them: none is a special one.
      tokens: sumOf(cut.units.pieces),
      embedding,
    };
    if (settings.tokens.tokenVectors === "none") return embedded;
    const forms = formsOfUnits(text, cut.units, formsOf);
    return settings.rows === "shared"
      ? { ...embedded, shared: { sliced: sliceCut(tokens, cut, start), forms } }
      : { ...embedded, units: { packed: packCut(tokens, cut, start), forms } };
  });
}

function sumOf(values: Int32Array): number {
  return values.reduce((sum, value) => sum + value, 0);
}

/** A token for each piece, all over the whole word, so that no cut is found inside one. */
function asTokens({ units }: JoinedTokens): Parameters<typeof planChunks>[1] {
  const count = sumOf(units.pieces);
  const starts = new Int32Array(count);
  const ends = new Int32Array(count);
  let at = 0;
  for (let unit = 0; unit < units.starts.length; unit += 1) {
    const next = at + (units.pieces[unit] ?? 0);
    starts.fill(units.starts[unit] ?? 0, at, next);
    ends.fill(units.ends[unit] ?? 0, at, next);
    at = next;
  }
  return { ids: new Int32Array(count), starts, ends, special: new Uint8Array(count), truncated: false };
}
