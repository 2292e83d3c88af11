import type { SparseVector } from "@polyseme/core";
import {
  searchChunks,
  searchSparse,
  searchWords,
  type Collection,
  type Database,
  type WordKnowledge,
} from "@polyseme/store";
import type { SearchPlan } from "../search-plan.ts";
import type { SearchTimer } from "../search-timer.ts";
import { fuseRanks, keyByGroup, type FusedHit, type Ranks } from "./rank-fusion.ts";
import { compareHits, mergeHits, type CollectionHit, type FoundHits } from "./ranked-hits.ts";

/** A collection by the name that the caller gave it. */
export interface NamedCollection {
  readonly name: string;
  readonly collection: Collection;
}

export type FoundHit = CollectionHit & { readonly ranks?: Ranks };

/** What is looked for. */
export interface Sought {
  /** For modes vector and hybrid. */
  readonly vector?: Float32Array;
  /** For modes lexical and hybrid. */
  readonly text?: string;
  /** For mode sparse. */
  readonly sparse?: SparseVector;
  /** A document that is left out, with its chunks: those like it are looked for. */
  readonly besides?: { readonly collection: string; readonly documentId: string; readonly chunks: number };
}

export interface FindDeps {
  readonly database: Database;
  readonly words: WordKnowledge;
}

/** Collections that one search reads at the same time, so many connections at most. */
const AT_ONCE = 4;

/**
 * The best hits of a search in its mode, at least `limit` of them where there are so many; those below the least score are
 * left out.
 */
export async function findHits(
  deps: FindDeps,
  collections: readonly NamedCollection[],
  sought: Sought,
  plan: SearchPlan,
  timer: SearchTimer,
  limit: number,
): Promise<FoundHits<FoundHit>> {
  const byVector = (count: number): Promise<FoundHits> =>
    timer.step("search", () => nearest(deps, collections, sought, plan, count));
  const byWords = (count: number): Promise<FoundHits> =>
    timer.step("lexical", () => wordHits(deps, collections, sought, plan, count));
  switch (plan.mode) {
    case "vector":
      return atLeast(await byVector(limit), plan.minScore);
    case "lexical":
      return atLeast(await byWords(limit), plan.minScore);
    case "sparse":
      return atLeast(
        await timer.step("search", () => sparseHits(deps, collections, sought, plan, limit)),
        plan.minScore,
      );
    case "hybrid": {
      const [vector, lexical] = await Promise.all([byVector(plan.depth), byWords(plan.depth)]);
      const lists = { vector: vector.hits.slice(0, plan.depth), lexical: lexical.hits.slice(0, plan.depth) };
      const hits: FusedHit[] = fuseRanks(lists, keyByGroup(plan.group)).sort(compareHits);
      return { hits, isAll: true };
    }
    default:
      throw new Error(`A search of an unknown mode: ${String(plan.mode satisfies never)}`);
  }
}

async function nearest(
  { database }: FindDeps,
  collections: readonly NamedCollection[],
  { vector, besides }: Sought,
  { group, filter, exact }: SearchPlan,
  limit: number,
): Promise<FoundHits> {
  if (vector === undefined) throw new Error("A search by meaning without a vector");
  return fromEach(collections, limit, async ({ name, collection }) => {
    const own = besides?.collection === name ? besides : undefined;
    const k = limit + (own === undefined ? 0 : group === "document" ? 1 : own.chunks);
    const hits = await searchChunks(database, collection, { vector, k, group, filter, exact });
    return { hits: hits.filter(({ documentId }) => documentId !== own?.documentId), isAll: hits.length < k };
  });
}

async function wordHits(
  { database, words }: FindDeps,
  collections: readonly NamedCollection[],
  { text }: Sought,
  { group, filter }: SearchPlan,
  limit: number,
): Promise<FoundHits> {
  if (text === undefined) throw new Error("A search by words without a text");
  return fromEach(collections, limit, async ({ collection }) => {
    const known = await words.of(collection);
    const hits = await searchWords(database, collection, { text, k: limit, group, filter }, known);
    return { hits, isAll: hits.length < limit };
  });
}

async function sparseHits(
  { database }: FindDeps,
  collections: readonly NamedCollection[],
  { sparse }: Sought,
  { group, filter }: SearchPlan,
  limit: number,
): Promise<FoundHits> {
  if (sparse === undefined) throw new Error("A search by weights without any");
  return fromEach(collections, limit, async ({ collection }) => {
    const hits = await searchSparse(database, collection, { sparse, k: limit, group, filter });
    return { hits, isAll: hits.length < limit };
  });
}

/** The best of all collections, some of which are read at the same time. */
async function fromEach(
  collections: readonly NamedCollection[],
  limit: number,
  find: (one: NamedCollection) => Promise<{ hits: readonly Omit<CollectionHit, "collection">[]; isAll: boolean }>,
): Promise<FoundHits> {
  const lists: FoundHits[] = [];
  for (let from = 0; from < collections.length; from += AT_ONCE)
    lists.push(
      ...(await Promise.all(
        collections.slice(from, from + AT_ONCE).map(async (one) => {
          const { hits, isAll } = await find(one);
          return { hits: hits.map((hit) => ({ ...hit, collection: one.name })), isAll };
        }),
      )),
    );
  return mergeHits(lists, limit);
}

function atLeast(found: FoundHits, minScore: number | undefined): FoundHits {
  if (minScore === undefined) return found;
  const hits = found.hits.filter(({ score }) => score >= minScore);
  return { hits, isAll: found.isAll || hits.length < found.hits.length };
}
