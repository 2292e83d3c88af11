import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import { PolysemeError, type Metrics } from "@polyseme/core";
import type { EncoderRegistry, Reranker } from "@polyseme/encoder";
import type { Probe } from "@polyseme/http";
import { embedRoutes } from "./embed-routes.ts";
import { infoRoutes } from "./info-routes.ts";
import { rerankRoutes } from "./rerank-routes.ts";
import { makeRoom } from "./room.ts";
import { ERRORS } from "./schemas.ts";
import { tokenRoutes } from "./token-routes.ts";

export interface TeiDeps {
  readonly encoders: EncoderRegistry;
  readonly reranker: Reranker;
  readonly metrics: Metrics;
  readonly inference: Probe;
}

/** What a client of text-embeddings-inference may ask for and no model here can do, with what can be done instead. */
const NOT_HERE = {
  "/embed_sparse": {
    name: "teiEmbedSparse",
    instead: "There is no sparse model here. POST /v1/collections/{collection}/search ranks by words.",
  },
  "/predict": { name: "teiPredict", instead: "There is no classifier here." },
} as const;

/**
 * The routes of Hugging Face's text-embeddings-inference, so that its clients work unchanged: the default model, the
 * one for pairs where there is one, their shapes of requests, answers and errors.
 */
export const teiRoutes: FastifyPluginAsyncTypebox<TeiDeps> = async (
  app,
  { encoders, reranker, metrics, inference },
) => {
  await app.register(infoRoutes, { encoders, inference });
  await app.register(async (inner) => {
    inner.addHook("onRequest", makeRoom());
    await inner.register(embedRoutes, { encoders });
    await inner.register(tokenRoutes, { encoders });
    await inner.register(rerankRoutes, { reranker, metrics });
  });
  for (const [url, { name, instead }] of Object.entries(NOT_HERE))
    app.post(
      url,
      {
        config: { needs: "read", tiedKeys: "served", errors: "tei" },
        schema: {
          operationId: name,
          summary: `Not here: ${instead}`,
          tags: ["text-embeddings-inference"],
          response: ERRORS,
        },
      },
      () => {
        throw new PolysemeError("not_implemented", instead);
      },
    );
};
