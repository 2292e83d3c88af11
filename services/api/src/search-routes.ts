import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import { checkUsableText, PolysemeError, traced, type Metrics, type Tracing } from "@polyseme/core";
import { embedTexts, type EncoderRegistry } from "@polyseme/encoder";
import {
  AnyObject,
  CollectionParams,
  ErrorSchema,
  requestSignal,
  requireCollections,
  requireTicket,
} from "@polyseme/http";
import { searchChunks, waitForTicket, type Collection, type Database } from "@polyseme/store";
import { Type, type Static } from "typebox";
import { makeKnownCollections } from "./known-collections.ts";
import { checkVector } from "./query-vector.ts";

const DEFAULT_K = 10;
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
    rerank: Type.Optional(Type.Enum(["none", "maxsim"])),
    explain: Type.Optional(Type.Boolean()),
    after: Type.Optional(Type.String({ maxLength: 64 })),
    like: Type.Optional(Type.Unknown()),
    sense: Type.Optional(Type.Unknown()),
    filter: Type.Optional(Type.Unknown()),
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
      title: Type.Union([Type.String(), Type.Null()]),
      chunk: Type.Object({ ordinal: Type.Integer(), start: Type.Integer(), end: Type.Integer(), text: Type.String() }),
      metadata: AnyObject,
    }),
  ),
  timing: Type.Object({ encodeMs: Type.Number(), searchMs: Type.Number(), totalMs: Type.Number() }),
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
  app.post(
    "/v1/collections/:collection/search",
    {
      config: { needs: "read" },
      schema: {
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
      const started = performance.now();
      if (body.after !== undefined) {
        await requireTicket(deps.database, request.caller, body.after);
        await waitForDocuments(deps, body.after);
      }
      return known.use(request.params.collection, async (collection) => {
        const encodeStarted = performance.now();
        const causes = [request.traceparent];
        const vector = await traced(deps.tracing, "encode query", { causes }, ({ traceparent: trace }) =>
          queryVector(deps.encoders, collection, body, { signal, trace }),
        );
        const searchStarted = performance.now();
        const hits = await traced(deps.tracing, "search sql", { causes }, () =>
          searchChunks(deps.database, collection, {
            vector,
            k: body.k ?? DEFAULT_K,
            group: body.group ?? "document",
          }),
        );
        const ended = performance.now();
        deps.metrics.observeStage("search_encode", searchStarted - encodeStarted);
        deps.metrics.observeStage("search_sql", ended - searchStarted);
        return {
          hits: hits.map(({ documentId, ...hit }) => ({ id: documentId, ...hit })),
          timing: {
            encodeMs: round(searchStarted - encodeStarted),
            searchMs: round(ended - searchStarted),
            totalMs: round(ended - started),
          },
        };
      });
    },
  );
};

async function queryVector(
  encoders: EncoderRegistry,
  collection: Collection,
  body: SearchRequest,
  { signal, trace }: { signal: AbortSignal; trace: string | undefined },
): Promise<Float32Array> {
  if ((body.query === undefined) === (body.vector === undefined))
    throw new PolysemeError("invalid", "Give either query or vector.", { details: { field: "query" } });
  if (body.vector !== undefined) return checkVector(body.vector, collection.generation.dimensions);
  const query = checkUsableText(body.query ?? "", "query");
  const encoder = await encoders.get(collection.generation.model);
  const [embedding] = await embedTexts(encoder, [query], { lane: "interactive", signal, trace });
  if (embedding === undefined) throw new Error("A text without an embedding");
  return embedding;
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
    (["like", "sense", "filter", "collections"] as const).find((field) => body[field] !== undefined) ??
    (body.mode !== undefined && body.mode !== "vector" ? "mode" : undefined) ??
    (body.rerank !== undefined && body.rerank !== "none" ? "rerank" : undefined) ??
    (body.explain === true ? "explain" : undefined);
  if (unbuilt !== undefined)
    throw new PolysemeError("not_implemented", `${unbuilt} is not built yet; leave it out.`, {
      details: { field: unbuilt },
    });
}

function round(ms: number): number {
  return Math.round(ms * 100) / 100;
}
