import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import { checkUsableText, parseFilter, PolysemeError, type Metrics, type Tracing } from "@polyseme/core";
import { embedTexts, encodeTexts, openRowProducts, type EncoderRegistry } from "@polyseme/encoder";
import {
  AnyObject,
  CollectionParams,
  ErrorSchema,
  FilterSchema,
  requestSignal,
  requireCollections,
  requireTicket,
} from "@polyseme/http";
import { searchChunks, waitForTicket, type Collection, type Database } from "@polyseme/store";
import { Type, type Static } from "typebox";
import { makeChunkTokens } from "./chunk-tokens.ts";
import { explainHits, ExplainSchema } from "./explain-hits.ts";
import { makeKnownCollections } from "./known-collections.ts";
import { requireModel } from "./own-vectors.ts";
import { queryUnits, type QueryUnits } from "./query-units.ts";
import { checkVector } from "./query-vector.ts";
import { rerankHits, type RankedHit } from "./rerank-hits.ts";
import { requireTokenVectors } from "./require-token-vectors.ts";
import { DEFAULT_CANDIDATES, LEAST_CANDIDATES, MOST_CANDIDATES, searchPlan, type SearchPlan } from "./search-plan.ts";
import { makeSearchTimer, roundMs } from "./search-timer.ts";
import { answerSenseSearch, refuseBesideSense } from "./senses/answer-sense-search.ts";
import { HitSenseSchema, SenseSchema, SenseSummarySchema } from "./senses/sense-schemas.ts";

const MAX_K = 1_000;
const MAX_COLLECTIONS = 100;
const MAX_QUERY_CHARACTERS = 32_768;
const MAX_DIMENSIONS = 16_000;
/** How long a search waits for its ticket; after it, the caller is told that the documents are not there yet. */
const AFTER_TICKET_MS = 30_000;
/** A query that waited longer for its turn is dropped: whoever asked has given up. With the wait for a ticket before it. */
const ANSWER_WITHIN_MS = AFTER_TICKET_MS + 30_000;

const SearchBody = Type.Object(
  {
    query: Type.Optional(Type.String({ maxLength: MAX_QUERY_CHARACTERS })),
    vector: Type.Optional(Type.Array(Type.Number(), { minItems: 1, maxItems: MAX_DIMENSIONS })),
    k: Type.Optional(Type.Integer({ minimum: 1, maximum: MAX_K })),
    group: Type.Optional(Type.Enum(["document", "chunk"])),
    mode: Type.Optional(Type.Enum(["vector", "hybrid", "lexical"])),
    rerank: Type.Optional(
      Type.Enum(["none", "maxsim"], {
        description:
          "maxsim: the nearest candidates, ranked by how well each word of the query is met by a word of theirs",
      }),
    ),
    candidates: Type.Optional(
      Type.Integer({
        minimum: LEAST_CANDIDATES,
        maximum: MOST_CANDIDATES,
        description: `Hits by the embedding that rerank works on, at least k; ${DEFAULT_CANDIDATES} when left out`,
      }),
    ),
    explain: Type.Optional(
      Type.Boolean({ description: "Says for each word of the query which word of the hit it met; with query only" }),
    ),
    exact: Type.Optional(Type.Boolean({ description: "Every vector is compared, whatever index there is" })),
    after: Type.Optional(Type.String({ maxLength: 64 })),
    like: Type.Optional(Type.Unknown()),
    sense: Type.Optional(SenseSchema),
    filter: Type.Optional(FilterSchema),
    collections: Type.Optional(Type.Array(Type.String({ maxLength: 63 }), { minItems: 1, maxItems: MAX_COLLECTIONS })),
  },
  { additionalProperties: false },
);
type SearchRequest = Static<typeof SearchBody>;

const SearchAnswer = Type.Object({
  hits: Type.Array(
    Type.Object({
      id: Type.String(),
      score: Type.Number(),
      vectorScore: Type.Optional(Type.Number({ description: "With rerank: the cosine that the hit was found by" })),
      title: Type.Union([Type.String(), Type.Null()]),
      chunk: Type.Object({ ordinal: Type.Integer(), start: Type.Integer(), end: Type.Integer(), text: Type.String() }),
      metadata: AnyObject,
      explain: Type.Optional(ExplainSchema),
      sense: Type.Optional(HitSenseSchema),
    }),
  ),
  explained: Type.Optional(Type.Integer({ description: "With explain: how many of the hits are" })),
  sense: Type.Optional(SenseSummarySchema),
  timing: Type.Object({
    encodeMs: Type.Number(),
    searchMs: Type.Number(),
    rerankMs: Type.Optional(Type.Number()),
    explainMs: Type.Optional(Type.Number()),
    totalMs: Type.Number(),
  }),
});

export interface SearchDeps {
  readonly database: Database;
  readonly encoders: EncoderRegistry;
  readonly metrics: Metrics;
  readonly tracing: Tracing;
  readonly stop: AbortSignal;
}

/** Search by meaning. */
export const searchRoutes: FastifyPluginAsyncTypebox<SearchDeps> = async (app, deps) => {
  await Promise.resolve();
  const known = makeKnownCollections(deps.database, () => performance.now());
  const chunkTokens = makeChunkTokens(deps);
  const products = openRowProducts();
  app.addHook("onClose", () => products.close());
  app.post(
    "/v1/collections/:collection/search",
    {
      config: { needs: "read" },
      schema: {
        operationId: "search",
        summary: "The documents nearest in meaning, each with its best chunk",
        tags: ["search"],
        params: CollectionParams,
        body: SearchBody,
        response: { 200: SearchAnswer, "4xx": ErrorSchema, "5xx": ErrorSchema },
      },
    },
    async (request, reply) => {
      const { body } = request;
      const signal = requestSignal(reply, ANSWER_WITHIN_MS);
      if (body.collections !== undefined) requireCollections(request.caller, body.collections);
      refuseUnbuilt(body);
      const plan = searchPlan(body);
      const filter = body.filter === undefined ? undefined : parseFilter(body.filter, "filter");
      const started = performance.now();
      if (body.after !== undefined) {
        await requireTicket(deps.database, request.caller, body.after);
        await waitForDocuments(deps, body.after);
      }
      return known.use(request.params.collection, async (collection) => {
        const { sense } = body;
        if (sense !== undefined) {
          refuseBesideSense(body);
          const wanted = { sense, filter, k: plan.k, group: body.group ?? "document" };
          return answerSenseSearch(deps, collection, wanted, { signal, trace: request.traceparent, started });
        }
        if (plan.rerank) requireTokenVectors(collection, "rerank");
        const timer = makeSearchTimer(deps, request.traceparent);
        const query = await timer.step("encode", ({ traceparent: trace }) =>
          encodeQuery(deps.encoders, collection, body, plan, { signal, trace }),
        );
        const found: RankedHit[] = await timer.step("search", () =>
          searchChunks(deps.database, collection, {
            vector: query.vector,
            k: plan.candidates,
            group: body.group ?? "document",
            exact: body.exact ?? false,
            filter,
          }),
        );
        const { units } = query;
        const tools = { chunkTokens, products };
        const ranked =
          plan.rerank && units !== undefined
            ? await timer.step("rerank", () => rerankHits(tools, collection, units, found, { k: plan.k, signal }))
            : found;
        const hits =
          plan.explain && units !== undefined
            ? await timer.step("explain", () => explainHits(tools, collection, units, ranked, signal))
            : ranked;
        return {
          hits: hits.map(({ documentId, ...hit }) => ({ id: documentId, ...hit })),
          ...(plan.explain ? { explained: hits.filter((hit) => "explain" in hit).length } : {}),
          timing: { ...timer.timing(), totalMs: roundMs(performance.now() - started) },
        };
      });
    },
  );
};

interface EncodedQuery {
  readonly vector: Float32Array;
  /** Where they are ranked or explained by. */
  readonly units?: QueryUnits;
}

async function encodeQuery(
  encoders: EncoderRegistry,
  collection: Collection,
  body: SearchRequest,
  plan: SearchPlan,
  { signal, trace }: { signal: AbortSignal; trace: string | undefined },
): Promise<EncodedQuery> {
  if ((body.query === undefined) === (body.vector === undefined))
    throw new PolysemeError("invalid", "Give exactly one of query, vector and sense.", { details: { field: "query" } });
  if (body.vector !== undefined) return { vector: checkVector(body.vector, collection.generation.dimensions) };
  requireModel(collection, "query");
  const query = checkUsableText(body.query ?? "", "query");
  const encoder = await encoders.get(collection.generation.model);
  const options = { lane: "interactive", signal, trace } as const;
  if (!plan.rerank && !plan.explain) {
    const [vector] = await embedTexts(encoder, [query], options);
    if (vector === undefined) throw new Error("A text without an embedding");
    return { vector };
  }
  const [text] = await encodeTexts(encoder, [query], { ...options, wants: { embedding: true, contextual: true } });
  if (text?.encoded.embedding === undefined) throw new Error("A text without an embedding");
  const units = queryUnits(query, text, encoder.info, (id) => encoder.tokenText(id));
  return { vector: text.encoded.embedding, units };
}

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

function refuseUnbuilt(body: SearchRequest): void {
  const unbuilt =
    (["like", "collections"] as const).find((field) => body[field] !== undefined) ??
    (body.mode !== undefined && body.mode !== "vector" ? "mode" : undefined);
  if (unbuilt !== undefined)
    throw new PolysemeError("not_implemented", `${unbuilt} is not built yet; leave it out.`, {
      details: { field: unbuilt },
    });
}
