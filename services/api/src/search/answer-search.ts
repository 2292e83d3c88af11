import { PolysemeError, type Metrics, type Tracing } from "@polyseme/core";
import type { EncoderRegistry, Reranker, RowProducts } from "@polyseme/encoder";
import { requireLive, type Database, type WordKnowledge } from "@polyseme/store";
import type { Static } from "typebox";
import type { ChunkTokens } from "../chunk-tokens.ts";
import { explainHits } from "../explain-hits.ts";
import type { PairRanking } from "../rank-by-pairs.ts";
import { rerankHits } from "../rerank-hits.ts";
import { requireTokenVectors } from "../require-token-vectors.ts";
import type { SearchPlan } from "../search-plan.ts";
import { makeSearchTimer, roundMs } from "../search-timer.ts";
import { addSnippets } from "./add-snippets.ts";
import { findHits, type FoundHit, type NamedCollection } from "./find-hits.ts";
import { readPage, writeCursor } from "./search-page.ts";
import type { SearchAnswer } from "./search-schemas.ts";
import { requireOneSparse } from "./sparse-query.ts";
import { readSought, type SoughtBody } from "./sought.ts";

export interface AnswerDeps {
  readonly database: Database;
  readonly encoders: EncoderRegistry;
  readonly reranker: Reranker;
  readonly pairRanking: PairRanking;
  readonly words: WordKnowledge;
  readonly chunkTokens: ChunkTokens;
  readonly products: RowProducts;
  readonly metrics: Metrics;
  readonly tracing: Tracing;
}

/**
 * Finds the hits of a search and says of them what was asked for.
 * @param collections that of the path first
 * @param call.started when the request came, by `performance.now()`
 * @throws PolysemeError `invalid` when the collections have not all one model, or the body does not fit; `conflict` when
 * they lack what it needs; as the encoder and the store do
 */
export async function answerSearch(
  deps: AnswerDeps,
  collections: readonly NamedCollection[],
  body: SoughtBody,
  plan: SearchPlan,
  { signal, trace, started }: { signal: AbortSignal; trace: string | undefined; started: number },
): Promise<Static<typeof SearchAnswer>> {
  const [first] = collections;
  if (first === undefined) throw new Error("A search of no collection");
  requireOneModel(collections);
  if (plan.mode === "sparse") requireOneSparse(collections);
  if (plan.rerank === "maxsim") requireTokenVectors(first.collection, "rerank");
  // Before the search is made for nothing.
  if (plan.rerank === "cross") await deps.reranker.get();
  const timer = makeSearchTimer(deps, trace);
  const sought = await timer.step("encode", ({ traceparent }) =>
    readSought(deps, first, body, plan, { signal, trace: traceparent }),
  );
  const found = await readPage<FoundHit>((limit) => findHits(deps, collections, sought, plan, timer, limit), {
    cursor: plan.cursor,
    k: plan.candidates,
  });
  const named = await detailed(deps, first, { ...sought, query: body.query }, plan, found.hits, {
    signal,
    timer,
    trace,
  });
  const hits = plan.snippets ? await addSnippets(deps.database, collections, body.query, named, signal) : named;
  const { next } = found;
  return {
    hits: hits.map(({ documentId, collection, ...hit }) => ({
      id: documentId,
      ...(plan.collections.length > 1 ? { collection } : {}),
      ...hit,
    })),
    ...(next === undefined || plan.rerank !== undefined
      ? {}
      : { next: writeCursor({ ...next, depth: plan.depth }, plan.request) }),
    ...(plan.explain ? { explained: hits.filter((hit) => "explain" in hit).length } : {}),
    timing: { ...timer.timing(), totalMs: roundMs(performance.now() - started) },
  };
}

/** The hits ranked anew and explained, as far as that was asked for; words are compared in searches of one collection alone. */
async function detailed(
  deps: AnswerDeps,
  { name, collection }: NamedCollection,
  { units, query }: Awaited<ReturnType<typeof readSought>> & { readonly query: string | undefined },
  plan: SearchPlan,
  hits: readonly FoundHit[],
  options: { signal: AbortSignal; timer: ReturnType<typeof makeSearchTimer>; trace: string | undefined },
): Promise<readonly FoundHit[]> {
  const { signal, timer } = options;
  const found =
    plan.rerank === "cross" && query !== undefined
      ? await timer.step("rerank", ({ traceparent: trace }) =>
          deps.pairRanking.rank(query, hits, { k: plan.k, signal, trace }),
        )
      : hits;
  if (units === undefined) return found;
  const ranked =
    plan.rerank === "maxsim"
      ? await timer.step("rerank", () => rerankHits(deps, collection, units, found, { k: plan.k, signal }))
      : found;
  const byWords = plan.rerank === "maxsim";
  const explained = plan.explain
    ? await timer.step("explain", () => explainHits(deps, collection, units, ranked, { byWords, signal }))
    : ranked;
  // The hits were of the live generation; so is what was read about them.
  await requireLive(deps.database, collection);
  return explained.map((hit) => ({ ...hit, collection: name }));
}

function requireOneModel(collections: readonly NamedCollection[]): void {
  const [first, ...others] = collections.map(({ name, collection }) => ({ name, ...collection.generation }));
  const odd = others.find(({ model, dimensions }) => model !== first?.model || dimensions !== first.dimensions);
  if (first === undefined || odd === undefined) return;
  throw new PolysemeError(
    "invalid",
    `"${odd.name}" has the model ${odd.model} and "${first.name}" ${first.model}: their vectors cannot be compared. Search them one by one.`,
    { details: { field: "collections", collection: odd.name } },
  );
}
