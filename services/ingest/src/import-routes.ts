import { Readable } from "node:stream";
import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import { PolysemeError } from "@polyseme/core";
import { CollectionParams, ErrorSchema } from "@polyseme/http";
import { Type } from "typebox";
import type { Bound } from "./bound.ts";
import { importCollection, type ImportDeps } from "./import-collection.ts";
import { PushSchema, STREAM_HOLDS_BYTES } from "./push-routes.ts";
import { documentsInStream } from "./sources.ts";
import { withPatience } from "./stream-patience.ts";

export interface ImportRouteDeps extends ImportDeps {
  readonly bodies: Bound;
  readonly stop: AbortSignal;
}

const ImportSchema = Type.Object({
  ...PushSchema.properties,
  vectors: Type.Enum(["stored", "queued"], {
    description: "queued: those of the stream were left out, and the encoder makes others",
  }),
  complete: Type.Boolean({ description: "false: the stream ended without an export's last line" }),
});

const LineSchema = Type.Object({
  polyseme: Type.Optional(Type.String()),
  id: Type.Optional(Type.String()),
  text: Type.Optional(Type.String()),
});

/** What an export wrote, taken in again. */
export const importRoutes: FastifyPluginAsyncTypebox<ImportRouteDeps> = async (app, deps) => {
  await Promise.resolve();
  app.addContentTypeParser("application/x-ndjson", (_request, payload, done) => {
    done(null, payload);
  });

  app.post(
    "/v1/collections/:collection/import",
    {
      config: { needs: "write" },
      // Before the body is read: what is refused costs no memory.
      onRequest: async (_request, reply) => {
        reply.raw.once("close", deps.bodies.enter(STREAM_HOLDS_BYTES));
        await deps.doorLimit.check();
      },
      // The schema describes; each line is checked by itself.
      validatorCompiler: () => () => true,
      schema: {
        summary: "Take in what an export wrote",
        description:
          "application/x-ndjson as an export writes it. Vectors of the same model are stored without a run of the encoder; the collection is made where it is not there.",
        tags: ["transfer"],
        consumes: ["application/x-ndjson"],
        params: CollectionParams,
        querystring: Type.Object({
          reembed: Type.Optional(
            Type.Enum(["true", "false"], { description: "true: leave the vectors out, and encode the documents anew" }),
          ),
        }),
        body: { content: { "application/x-ndjson": { schema: LineSchema } } },
        response: { 202: ImportSchema, "4xx": ErrorSchema, "5xx": ErrorSchema },
      },
    },
    async (request, reply) => {
      const { body } = request;
      const reembed = parseReembed(request.query.reembed);
      if (!isStream(body))
        throw new PolysemeError("unsupported_media_type", "Send application/x-ndjson, as an export writes it.", {
          details: { field: "content-type" },
        });
      const items = documentsInStream(withPatience(body.iterator({ destroyOnReturn: false })));
      try {
        const result = await importCollection(deps, request.params.collection, items, {
          reembed,
          signal: deps.stop,
          cause: request.traceparent,
        });
        return await reply.status(202).send(result);
      } finally {
        await items.return(undefined);
        // A refusal comes before the end of the body. What still comes is let go: cut off, the caller could lose the answer,
        // and left there, the connection would wait for it for ever.
        body.resume();
      }
    },
  );
};

function parseReembed(value: unknown): boolean {
  if (value === undefined || value === "false") return false;
  if (value === "true") return true;
  throw new PolysemeError("invalid", "reembed must be true or false.", { details: { field: "reembed" } });
}

function isStream(body: unknown): body is Readable {
  return body instanceof Readable;
}
