import type { IncomingHttpHeaders } from "node:http";
import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import {
  checkCollectionName,
  checkDocument,
  DOCUMENT_LIMITS,
  MOST_GIVEN_CHUNKS,
  parseFilter,
  PolysemeError,
  SECTION_LIMITS,
  type Filter,
  type Log,
} from "@polyseme/core";
import { AnyObject, CollectionParams, ErrorSchema, FilterSchema, requestSignal } from "@polyseme/http";
import { deleteDocuments, deleteMatching, getCollection, type Collection, type Database } from "@polyseme/store";
import { Type } from "typebox";
import type { Bound } from "./bound.ts";
import { pushDocuments, targetOf, type PushDeps, type PushResult } from "./push.ts";
import { documentsInBody, documentsInStream } from "./sources.ts";
import { withPatience } from "./stream-patience.ts";

/** JSON is held whole while it is parsed, so it has a bound; NDJSON is streamed and has none. */
const JSON_PUSH_LIMIT_BYTES = 64 * 1024 * 1024;
/** What a stream holds of its body: a few batches and the line that is being read, as texts rarely fill them. */
export const STREAM_HOLDS_BYTES = 8 * 1024 * 1024;
/** A connection and its request, however small the body. */
const REQUEST_HOLDS_BYTES = 16 * 1024;
const MAX_IDS = 10_000;
/** After it, whoever deletes by a filter is told how far that came; it goes on when asked again. */
const DELETE_WITHIN_MS = 300_000;

const SectionSchema = Type.Object(
  {
    start: Type.Integer({ minimum: 0, description: "UTF-16 offset in the text, behind that of the section before" }),
    context: Type.Optional(
      Type.String({
        maxLength: SECTION_LIMITS.contextChars,
        description: "such as a path of headings: encoded before each chunk of the section, and no part of its text",
      }),
    ),
  },
  { description: "No chunk crosses a section's start" },
);
const GivenVectorSchema = Type.Union([Type.Array(Type.Number()), Type.String()], {
  description: `Only where the collection's model is "none": numbers, or the base64 of 32-bit little-endian floats`,
});

const DocumentSchema = Type.Object({
  id: Type.String({
    minLength: 1,
    maxLength: DOCUMENT_LIMITS.idChars,
    description: "No NUL, no half of a surrogate pair",
  }),
  text: Type.String({ minLength: 1, maxLength: DOCUMENT_LIMITS.textChars, description: "Not only white space" }),
  title: Type.Optional(Type.Union([Type.String({ maxLength: DOCUMENT_LIMITS.titleChars }), Type.Null()])),
  metadata: Type.Optional(Type.Union([AnyObject, Type.Null()])),
  priority: Type.Optional(Type.Integer({ minimum: 0, maximum: DOCUMENT_LIMITS.maxPriority })),
  sections: Type.Optional(Type.Union([Type.Array(SectionSchema, { maxItems: SECTION_LIMITS.sections }), Type.Null()])),
  embedding: Type.Optional(GivenVectorSchema),
  chunks: Type.Optional(
    Type.Array(Type.Object({ start: Type.Integer(), end: Type.Integer(), embedding: GivenVectorSchema }), {
      minItems: 1,
      maxItems: MOST_GIVEN_CHUNKS,
    }),
  ),
});
const BodySchema = {
  content: {
    "application/json": {
      schema: Type.Union([DocumentSchema, Type.Object({ documents: Type.Array(DocumentSchema) })]),
    },
    "application/x-ndjson": {
      schema: { ...DocumentSchema, description: "One such document a line; as many lines as there are documents" },
    },
  },
};

export const PushSchema = Type.Object({
  ticket: Type.String(),
  accepted: Type.Integer(),
  unchanged: Type.Integer(),
  rejected: Type.Array(
    Type.Object({
      index: Type.Integer({ description: "Place in the push, from 0" }),
      id: Type.Optional(Type.String()),
      code: Type.String(),
      field: Type.String({ description: "The part of the document that is at fault" }),
      message: Type.String(),
    }),
  ),
  rejectedOmitted: Type.Optional(Type.Integer({ description: "Rejections beyond the listed ones" })),
});

export interface PushRouteDeps extends PushDeps {
  readonly database: Database;
  /** Bytes of bodies that may be held at once. */
  readonly bodies: Bound;
  readonly log: Log;
  readonly stop: AbortSignal;
  /** How long a stream may stand; for tests. */
  readonly patienceMs?: number;
}

/** Documents in and out: push and delete. */
export const pushRoutes: FastifyPluginAsyncTypebox<PushRouteDeps> = async (app, deps) => {
  await Promise.resolve();
  app.addContentTypeParser("application/x-ndjson", (_request, payload, done) => {
    done(null, payload);
  });

  app.post(
    "/v1/collections/:collection/documents",
    {
      bodyLimit: JSON_PUSH_LIMIT_BYTES,
      config: { needs: "write" },
      // Before the body is read: what is refused costs no memory.
      onRequest: async (request, reply) => {
        reply.raw.once("close", deps.bodies.enter(bytesHeld(request.headers)));
        await deps.doorLimit.check();
      },
      // The schema describes; `checkDocument` checks each document, so that one at fault does not refuse the others.
      validatorCompiler: () => () => true,
      schema: {
        operationId: "pushDocuments",
        summary: "Push documents",
        description:
          "One document, {documents: [...]}, or application/x-ndjson of any length. Durable before the answer. The collection is made at the first push.",
        tags: ["documents"],
        consumes: ["application/json", "application/x-ndjson"],
        params: CollectionParams,
        body: BodySchema,
        response: { 202: PushSchema, "4xx": ErrorSchema, "5xx": ErrorSchema },
      },
    },
    async (request, reply) => {
      const collection = checkCollectionName(request.params.collection);
      const result = isStream(request.body)
        ? await pushDocuments(
            deps,
            collection,
            documentsInStream(withPatience(request.body, deps.patienceMs)),
            deps.stop,
            request.traceparent,
          )
        : await pushBody(deps, collection, request.body, {
            bytes: Number(request.headers["content-length"] ?? 0),
            cause: request.traceparent,
          });
      return reply.status(202).send(result);
    },
  );

  app.delete(
    "/v1/collections/:collection/documents/:id",
    {
      config: { needs: "write" },
      schema: {
        operationId: "deleteDocument",
        summary: "Delete one document with its chunks, also while it is still queued",
        tags: ["documents"],
        params: Type.Object({ collection: Type.String(), id: Type.String() }),
        response: { 200: Type.Object({ deleted: Type.Integer() }), "4xx": ErrorSchema },
      },
    },
    async (request) => {
      const collection = await getCollection(deps.database, request.params.collection);
      const deleted = await deleteDocuments(deps.database, collection, [request.params.id]);
      if (deleted === 0)
        throw new PolysemeError("not_found", `The collection "${collection.name}" has no document with this id.`, {
          details: { field: "id" },
        });
      return { deleted };
    },
  );

  app.post(
    "/v1/collections/:collection/documents/delete",
    {
      config: { needs: "write" },
      schema: {
        operationId: "deleteDocuments",
        summary: "Delete documents by id or by a filter on their metadata, also while they are still queued",
        description: "A filter deletes in batches; what is pushed meanwhile may stay. The filter {} is all documents.",
        tags: ["documents"],
        params: CollectionParams,
        body: Type.Object(
          {
            ids: Type.Optional(Type.Array(Type.String({ maxLength: DOCUMENT_LIMITS.idChars }), { maxItems: MAX_IDS })),
            filter: Type.Optional(FilterSchema),
          },
          { additionalProperties: false },
        ),
        response: { 200: Type.Object({ deleted: Type.Integer() }), "4xx": ErrorSchema, "5xx": ErrorSchema },
      },
    },
    async (request, reply) => {
      const { ids, filter } = request.body;
      if ((ids === undefined) === (filter === undefined))
        throw new PolysemeError("invalid", "Give either ids or a filter; the filter {} is all documents.", {
          details: { field: "ids" },
        });
      const wanted = filter === undefined ? undefined : parseFilter(filter, "filter");
      const collection = await getCollection(deps.database, request.params.collection);
      if (wanted === undefined) return { deleted: await deleteDocuments(deps.database, collection, ids ?? []) };
      const signal = AbortSignal.any([deps.stop, requestSignal(reply, DELETE_WITHIN_MS)]);
      return { deleted: await deleteByFilter(deps.database, collection, wanted, signal) };
    },
  );
};

/** @throws PolysemeError `unavailable` that says how many documents are gone already */
async function deleteByFilter(
  database: Database,
  collection: Collection,
  filter: Filter,
  signal: AbortSignal,
): Promise<number> {
  let deleted = 0;
  const onDeleted = (documents: number): void => {
    deleted += documents;
  };
  await deleteMatching(database, collection, filter, { signal, onDeleted }).catch((error: unknown) => {
    if (!signal.aborted) throw error;
    throw new PolysemeError(
      "unavailable",
      `${deleted} documents are deleted, others are not. Ask again for the rest.`,
      {
        details: { deleted },
      },
    );
  });
  return deleted;
}

/** A single document that is refused is the request's own error, and leaves no trace; in a list it is one line of the answer. */
async function pushBody(
  deps: PushRouteDeps,
  collection: string,
  body: unknown,
  { bytes, cause }: { bytes: number; cause: string | undefined },
): Promise<PushResult> {
  const { items, single } = documentsInBody(body, bytes);
  const target = await targetOf(deps, collection);
  const checked = single ? checkDocument(body, target.vectors) : undefined;
  if (checked !== undefined && "rejection" in checked) {
    const { code, message, field } = checked.rejection;
    deps.metrics.documentsReceived.inc({ outcome: code });
    throw new PolysemeError(code, message, { details: { field } });
  }
  return pushDocuments(deps, target, items, deps.stop, cause);
}

function bytesHeld(headers: IncomingHttpHeaders): number {
  const isNdjson = headers["content-type"]?.startsWith("application/x-ndjson") === true;
  const most = isNdjson ? STREAM_HOLDS_BYTES : JSON_PUSH_LIMIT_BYTES;
  const length = Number(headers["content-length"] ?? Infinity);
  return Math.max(Math.min(length, most), REQUEST_HOLDS_BYTES);
}

function isStream(body: unknown): body is AsyncIterable<Uint8Array> {
  return typeof body === "object" && body !== null && Symbol.asyncIterator in body;
}
