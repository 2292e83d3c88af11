import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import { PolysemeError } from "@polyseme/core";
import { AnyObject, ErrorSchema } from "@polyseme/http";
import { getChunks, getCollection, getDocument, type Database } from "@polyseme/store";
import { Type } from "typebox";
import { requireTokenVectors } from "./require-token-vectors.ts";
import { MOST_TOKENS_ANSWERED, UnitSchema, unitsOf } from "./stored-units.ts";

/** Past what the column of ordinals holds there is no chunk, and Postgres would refuse the question. */
const MOST_ORDINAL = 2_147_483_647;
const INCLUDES = ["chunks", "embeddings", "tokens"] as const;
type Include = (typeof INCLUDES)[number];

const DocumentSchema = Type.Object({
  id: Type.String(),
  title: Type.Union([Type.String(), Type.Null()]),
  text: Type.String(),
  sections: Type.Optional(
    Type.Array(Type.Object({ start: Type.Integer(), context: Type.Optional(Type.String()) }), {
      description: "as they were pushed; left out where there are none",
    }),
  ),
  metadata: AnyObject,
  state: Type.Enum(["queued", "embedding", "stored", "failed"]),
  version: Type.Integer(),
  attempts: Type.Integer(),
  error: Type.Optional(Type.Object({ code: Type.String(), message: Type.String() })),
  storedAt: Type.Union([Type.String(), Type.Null()]),
  chunks: Type.Optional(
    Type.Array(
      Type.Object({
        ordinal: Type.Integer(),
        start: Type.Integer(),
        end: Type.Integer(),
        tokens: Type.Integer(),
        text: Type.String(),
        embedding: Type.Optional(Type.Array(Type.Number())),
        units: Type.Optional(Type.Array(UnitSchema)),
      }),
    ),
  ),
});

/** One document: its text, state and, when asked for, its chunks, embeddings and token vectors. */
export const documentRoutes: FastifyPluginAsyncTypebox<{ database: Database }> = async (app, { database }) => {
  await Promise.resolve();
  app.get(
    "/v1/collections/:collection/documents/:id",
    {
      config: { needs: "read" },
      schema: {
        operationId: "getDocument",
        summary: "A document with its state",
        tags: ["documents"],
        params: Type.Object({ collection: Type.String(), id: Type.String() }),
        querystring: Type.Object({
          include: Type.Optional(Type.String({ description: INCLUDES.join(",") })),
          chunk: Type.Optional(Type.String({ description: "the ordinal of the one chunk that is wanted" })),
        }),
        response: { 200: DocumentSchema, "4xx": ErrorSchema, "5xx": ErrorSchema },
      },
    },
    async (request) => {
      const include = parseInclude(request.query.include);
      const collection = await getCollection(database, request.params.collection);
      if (include.has("tokens")) requireTokenVectors(collection, "include");
      const document = await getDocument(database, collection, request.params.id);
      const { errorCode, errorMessage, storedAt, sections, ...rest } = document;
      const chunks =
        include.size > 0
          ? await getChunks(database, collection, document.id, {
              embeddings: include.has("embeddings"),
              mostTokens: include.has("tokens") ? MOST_TOKENS_ANSWERED : undefined,
              ordinal: parseOrdinal(request.query.chunk),
            })
          : undefined;
      return {
        ...rest,
        ...(sections === null ? {} : { sections: [...sections] }),
        storedAt: storedAt?.toISOString() ?? null,
        ...(errorCode === null ? {} : { error: { code: errorCode, message: errorMessage ?? "" } }),
        ...(chunks === undefined
          ? {}
          : {
              chunks: chunks.map((stored) => {
                const { embedding, packed: _packed, ...chunk } = stored;
                return {
                  ...chunk,
                  ...(embedding === undefined ? {} : { embedding: [...embedding] }),
                  ...(include.has("tokens") ? { units: unitsOf(stored) } : {}),
                };
              }),
            }),
      };
    },
  );
};

function parseInclude(text: string | undefined): Set<Include> {
  const wanted = new Set<Include>();
  for (const part of (text ?? "").split(",").filter((one) => one !== "")) {
    const known = INCLUDES.find((one) => one === part);
    if (known === undefined)
      throw new PolysemeError("invalid", `include may list ${INCLUDES.join(", ")}.`, { details: { field: "include" } });
    wanted.add(known);
  }
  return wanted;
}

function parseOrdinal(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const ordinal = Number(text);
  if (!/^\d+$/.test(text) || ordinal > MOST_ORDINAL)
    throw new PolysemeError("invalid", "chunk must be the ordinal of a chunk: 0, 1, 2 and so on.", {
      details: { field: "chunk" },
    });
  return ordinal;
}
