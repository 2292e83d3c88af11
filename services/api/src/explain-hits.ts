import type { PackedTokens } from "@polyseme/core";
import { wordForm } from "@polyseme/words";
import type { Collection } from "@polyseme/store";
import { Type, type Static } from "typebox";
import { keepsTokens, type HitTokens } from "./chunk-tokens.ts";
import { matchHits, type MatchDeps } from "./match-hits.ts";
import type { UnitMatches } from "./match-units.ts";
import { rankedUnits, unitQueries, type QueryUnits } from "./query-units.ts";
import type { RankedHit } from "./rerank-hits.ts";
import { scoreParts, sharesOf } from "./score-parts.ts";

const Span = Type.Object({ start: Type.Integer(), end: Type.Integer(), text: Type.String() });

export const ExplainSchema = Type.Object(
  {
    tokens: Type.Array(
      Type.Object({
        text: Type.String({ description: "of the query; special tokens as the vocabulary writes them" }),
        start: Type.Integer({ description: "UTF-16 offset in the query" }),
        end: Type.Integer(),
        special: Type.Boolean(),
        similarity: Type.Union([Type.Number(), Type.Null()], { description: "cosine of the two words' vectors" }),
        part: Type.Number({
          description:
            "what of the hit's score is this entry's; all of them add up to it, with rerank cross to vectorScore",
        }),
        share: Type.Number({
          description:
            "0 to 1: its part of the positive parts of words and signs; special ones 0, unless the model compares them too",
        }),
        match: Type.Union([Span, Type.Null()], {
          description: "the nearest word of the chunk, with offsets in the document",
        }),
      }),
    ),
  },
  { description: "For each word, sign and special token of the query what it found in the chunk" },
);
export type Explanation = Static<typeof ExplainSchema>;

export type ExplainedHit = RankedHit & { readonly explain?: Explanation };

/** Hits whose tokens are encoded for it. */
const MOST_ENCODED = 20;
const MOST_STORED = 200;
/** Entries of an answer: 3 MB of it. */
const MOST_ENTRIES = 20_000;

/** How many hits, from the first on, are explained. */
export function explainedHits(hits: number, entries: number, isStored: boolean): number {
  const most = isStored ? MOST_STORED : MOST_ENCODED;
  return Math.min(hits, most, Math.max(1, Math.floor(MOST_ENTRIES / Math.max(1, entries))));
}

/**
 * Says of the first hits which words of theirs the query's words found, and what each adds to the score. A hit whose chunk
 * was written anew in the meantime, or which is behind the first ones, comes back as it is.
 * @param query the one that the hits were found by
 * @param options.byWords parts are those of a MaxSim score; else they are those of the cosine that the hit was found by,
 * whatever it was ranked by since
 */
export async function explainHits(
  deps: MatchDeps,
  collection: Collection,
  query: QueryUnits,
  hits: readonly RankedHit[],
  { byWords, signal }: { byWords: boolean; signal: AbortSignal },
): Promise<ExplainedHit[]> {
  const queries = unitQueries(
    query,
    query.units.map((_, number) => number),
  );
  const explained: ExplainedHit[] = [...hits];
  const count = explainedHits(hits.length, query.entries.length, keepsTokens(collection));
  await matchHits(deps, { collection, queries, signal }, hits.slice(0, count), (tokens, matches) => {
    const hit = hits[tokens.number];
    if (hit !== undefined)
      explained[tokens.number] = { ...hit, explain: explainHit({ query, byWords }, hit, tokens, matches) };
  });
  return explained;
}

function explainHit(
  { query, byWords }: { query: QueryUnits; byWords: boolean },
  hit: RankedHit,
  { embedding, packed }: HitTokens,
  matches: UnitMatches,
): Explanation {
  const { chunk } = hit;
  const parts = byWords ? maxSimParts(query, matches) : scoreParts(query, embedding);
  const shares = sharesOf(
    query.units.map((entry) => parts[entry] ?? 0),
    [...matches.similarities],
  );
  const unitOf = new Map(query.units.map((entry, unit) => [entry, unit]));
  const tokens = query.entries.map(({ text, start, end, special }, entry) => {
    const part = parts[entry] ?? 0;
    const unit = unitOf.get(entry);
    if (unit === undefined) return { text, start, end, special, similarity: null, part, share: 0, match: null };
    const match = matchedSpan(packed, matches.rows[unit] ?? -1, text, chunk);
    const similarity = matches.similarities[unit] ?? 0;
    return { text, start, end, special, similarity, part, share: shares[unit] ?? 0, match };
  });
  return { tokens };
}

/** Each ranked word has the same part in a mean; signs and special tokens have none in this score. */
function maxSimParts(query: QueryUnits, { similarities }: UnitMatches): number[] {
  const ranked = rankedUnits(query);
  const parts = query.entries.map(() => 0);
  for (const unit of ranked) parts[query.units[unit] ?? 0] = (similarities[unit] ?? 0) / ranked.length;
  return parts;
}

/**
 * The first unit with that row; where units share one, rather the one that is written like the query's. A special token that
 * is compared has no characters to show.
 */
function matchedSpan(
  { units }: PackedTokens,
  row: number,
  queryText: string,
  chunk: { readonly start: number; readonly text: string },
): Static<typeof Span> | null {
  if (row < 0) return null;
  const form = wordForm(queryText, null);
  let first: Static<typeof Span> | null = null;
  for (let unit = 0; unit < units.starts.length; unit += 1) {
    if (units.rows[unit] !== row) continue;
    const start = units.starts[unit] ?? 0;
    const end = units.ends[unit] ?? 0;
    if (end <= start) continue;
    const span = { start, end, text: chunk.text.slice(start - chunk.start, end - chunk.start) };
    first ??= span;
    if (wordForm(span.text, null) === form) return span;
  }
  return first;
}
