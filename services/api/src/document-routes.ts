import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import { PolysemeError } from "@polyseme/core";
import { AnyObject, ErrorSchema } from "@polyseme/http";
import { getChunks, getCollection, getDocument, type Database } from "@polyseme/store";
import { Type } from "typebox";

const INCLUDES = ["chunks", "embeddings", "tokens"] as const;
type Include = (typeof INCLUDES)[number];

const DocumentSchema = Type.Object({
  id: Type.String(),
  title: Type.Union([Type.String(), Type.Null()]),
  text: Type.String(),
  metadata: AnyObject,
  state: Type.String(),
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
      }),
    ),
  ),
});

/** One document: its text, state and, when asked for, its chunks and embeddings. */
export const documentRoutes: FastifyPluginAsyncTypebox<{ database: Database }> = async (app, { database }) => {
  await Promise.resolve();
  app.get(
    "/v1/collections/:collection/documents/:id",
    {
      config: { needs: "read" },
      schema: {
        summary: "A document with its state",
        tags: ["documents"],
        params: Type.Object({ collection: Type.String(), id: Type.String() }),
        querystring: Type.Object({ include: Type.Optional(Type.String({ description: INCLUDES.join(",") })) }),
        response: { 200: DocumentSchema, "4xx": ErrorSchema, "5xx": ErrorSchema },
      },
    },
    async (request) => {
      const include = parseInclude(request.query.include);
      const collection = await getCollection(database, request.params.collection);
      const document = await getDocument(database, collection, request.params.id);
      const { errorCode, errorMessage, storedAt, ...rest } = document;
      const withChunks = include.has("chunks") || include.has("embeddings");
      const chunks = withChunks
        ? await getChunks(database, collection, document.id, { embeddings: include.has("embeddings") })
        : undefined;
      return {
        ...rest,
        storedAt: storedAt?.toISOString() ?? null,
        ...(errorCode === null ? {} : { error: { code: errorCode, message: errorMessage ?? "" } }),
        ...(chunks === undefined
          ? {}
          : {
              chunks: chunks.map(({ embedding, ...chunk }) =>
                embedding === undefined ? chunk : { ...chunk, embedding: [...embedding] },
              ),
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
    if (known === "tokens")
      throw new PolysemeError("not_implemented", "Stored token vectors are not built yet.", {
        details: { field: "include" },
      });
    wanted.add(known);
  }
  return wanted;
}
