import { createHash } from "node:crypto";
import { PolysemeError } from "@polyseme/core";
import { compareHits, type CollectionHit, type FoundHits, type HitPlace } from "./ranked-hits.ts";

/** Where a page ended: the next one goes on behind this hit, wherever it stands by then. */
export interface Cursor {
  readonly last: HitPlace;
  /** Hits of this page and those before it. */
  readonly seen: number;
  /** Hits of each side that a hybrid search fuses; the first page decides for all. */
  readonly depth: number;
}

/** So deep pages go; who wants everything reads the view or the export. */
export const MOST_PAGED = 1_000;

/** @param request a hash of what was asked, which the next page must ask as well; see `hashRequest` */
export function writeCursor({ last, seen, depth }: Cursor, request: string): string {
  const { score, collection, documentId, chunk } = last;
  return Buffer.from(JSON.stringify([request, score, collection, documentId, chunk.ordinal, seen, depth])).toString(
    "base64url",
  );
}

/** @throws PolysemeError `invalid` when it is none of `writeCursor`, or of another request */
export function readCursor(text: string, request: string): Cursor {
  const invalid = (message: string): PolysemeError =>
    new PolysemeError("invalid", message, { details: { field: "page" } });
  const parts = parsed(Buffer.from(text, "base64url").toString("utf8"));
  const [hash, score, collection, documentId, ordinal, seen, depth] = parts;
  if (
    typeof score !== "number" ||
    typeof collection !== "string" ||
    typeof documentId !== "string" ||
    !isCount(ordinal) ||
    !isCount(seen) ||
    !isCount(depth) ||
    seen > MOST_PAGED ||
    depth > MOST_PAGED
  )
    throw invalid("page is not the next of an answer. Leave it out for the first page.");
  if (hash !== request)
    throw invalid("page is the next of another search. Ask the same again, with another k at most.");
  return { last: { score, collection, documentId, chunk: { ordinal } }, seen, depth };
}

function parsed(json: string): readonly unknown[] {
  try {
    const value: unknown = JSON.parse(json);
    return Array.isArray(value) ? (value as unknown[]) : [];
  } catch {
    return [];
  }
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isInteger(value) && value >= 0;
}

/** Of what decides which hits come in which order. */
export function hashRequest(parts: readonly unknown[]): string {
  return createHash("sha256").update(JSON.stringify(parts)).digest("base64url").slice(0, 16);
}

/** More than a page, so that hits of equal score at its end seldom need a second look. */
const SPARE = 10;

export interface PageOf<H extends CollectionHit> {
  readonly hits: readonly H[];
  /** Left out: there are no more, or they are too deep. */
  readonly next?: { readonly last: H; readonly seen: number };
}

/**
 * The hits behind the cursor. What comes or goes meanwhile moves no hit from one page to another: a page begins behind the
 * hit that the one before ended with, wherever that would stand now.
 * @param find the best hits, at least `limit` of them where there are so many
 */
export async function readPage<H extends CollectionHit>(
  find: (limit: number) => Promise<FoundHits<H>>,
  { cursor, k }: { cursor: Pick<Cursor, "last" | "seen"> | undefined; k: number },
): Promise<PageOf<H>> {
  const seenBefore = cursor?.seen ?? 0;
  const wanted = Math.min(k, MOST_PAGED - seenBefore);
  const most = 2 * (MOST_PAGED + SPARE);
  for (let limit = seenBefore + wanted + SPARE; ; limit = Math.min(most, limit * 2)) {
    const { hits, isAll } = await find(limit);
    const isLast = isAll || limit === most;
    const certain = isLast ? hits : withoutLastTies(hits);
    const behind = cursor === undefined ? certain : certain.filter((hit) => compareHits(hit, cursor.last) > 0);
    if (behind.length <= wanted && !isLast) continue;
    const page = behind.slice(0, wanted);
    const last = page.at(-1);
    const seen = seenBefore + page.length;
    const hasNext = behind.length > wanted && last !== undefined && seen < MOST_PAGED;
    return { hits: page, ...(hasNext ? { next: { last, seen } } : {}) };
  }
}

/** Which of the hits of equal score a statement leaves out is chance, so the last ones may lack some before them. */
function withoutLastTies<H extends CollectionHit>(hits: readonly H[]): readonly H[] {
  const least = hits.at(-1)?.score;
  let end = hits.length;
  while (end > 0 && hits[end - 1]?.score === least) end -= 1;
  return hits.slice(0, end);
}
