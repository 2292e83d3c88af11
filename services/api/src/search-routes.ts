import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import { PolysemeError, type Metrics, type Tracing } from "@polyseme/core";
import { openRowProducts, type EncoderRegistry, type Reranker } from "@polyseme/encoder";
import { CollectionParams, ErrorSchema, requestSignal, requireCollections, requireTicket } from "@polyseme/http";
import { makeWordKnowledge, waitForTicket, type Database } from "@polyseme/store";
import { makeChunkTokens } from "./chunk-tokens.ts";
import { makeKnownCollections } from "./known-collections.ts";
import { makePairRanking } from "./rank-by-pairs.ts";
import { searchPlan } from "./search-plan.ts";
import { answerSearch } from "./search/answer-search.ts";
import { SearchAnswer, SearchBody } from "./search/search-schemas.ts";
import { answerSenseSearch, refuseBesideSense } from "./senses/answer-sense-search.ts";

/** How long a search waits for its ticket; after it, the caller is told that the documents are not there yet. */
const AFTER_TICKET_MS = 30_000;
/** A query that waited longer for its turn is dropped: whoever asked has given up. With the wait for a ticket before it. */
const ANSWER_WITHIN_MS = AFTER_TICKET_MS + 30_000;

export interface SearchDeps {
  readonly database: Database;
  readonly encoders: EncoderRegistry;
  readonly reranker: Reranker;
  readonly metrics: Metrics;
  readonly tracing: Tracing;
  readonly stop: AbortSignal;
}

/** Search by meaning, by words and by both. */
export const searchRoutes: FastifyPluginAsyncTypebox<SearchDeps> = async (app, deps) => {
  await Promise.resolve();
  const now = (): number => performance.now();
  const known = makeKnownCollections(deps.database, now);
  const words = makeWordKnowledge(deps.database, now);
  const chunkTokens = makeChunkTokens(deps);
  const products = openRowProducts();
  const pairRanking = makePairRanking(deps);
  app.addHook("onClose", () => products.close());
  app.post(
    "/v1/collections/:collection/search",
    {
      config: { needs: "read" },
      schema: {
        operationId: "search",
        summary: "The documents nearest in meaning, or that hold the query's words, each with its best chunk",
        tags: ["search"],
        params: CollectionParams,
        body: SearchBody,
        response: { 200: SearchAnswer, "4xx": ErrorSchema, "5xx": ErrorSchema },
      },
    },
    async (request, reply) => {
      const { body, traceparent: trace } = request;
      const started = now();
      const signal = requestSignal(reply, ANSWER_WITHIN_MS);
      const { collection: name } = request.params;
      if (body.collections !== undefined) requireCollections(request.caller, body.collections);
      if (body.sense !== undefined) refuseBesideSense(body);
      const plan = searchPlan(body, name);
      if (body.after !== undefined) {
        await requireTicket(deps.database, request.caller, body.after);
        await waitForDocuments(deps, body.after);
      }
      const call = { signal, trace, started };
      const { sense } = body;
      if (sense !== undefined)
        return known.use(name, (collection) => answerSenseSearch(deps, collection, { ...plan, sense }, call));
      return known.useAll(plan.collections, (collections) => {
        const named = collections.map((collection, i) => ({ name: plan.collections[i] ?? name, collection }));
        return answerSearch({ ...deps, words, chunkTokens, products, pairRanking }, named, body, plan, call);
      });
    },
  );
};

async function waitForDocuments({ database, stop }: SearchDeps, ticket: string): Promise<void> {
  const status = await waitForTicket(database, ticket, AFTER_TICKET_MS, stop);
  if (status.pending > 0)
    throw new PolysemeError(
      "unavailable",
      `${status.pending} documents of the ticket are not stored yet. Ask again later.`,
      {
        details: { field: "after", pending: status.pending },
      },
    );
}
