import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import { PolysemeError } from "@polyseme/core";
import type { EncoderRegistry } from "@polyseme/encoder";
import type { Probe } from "@polyseme/http";
import { embedRoutes } from "./embed-routes.ts";
import { infoRoutes } from "./info-routes.ts";
import { makeRoom } from "./room.ts";
import { ERRORS } from "./schemas.ts";
import { tokenRoutes } from "./token-routes.ts";

export interface TeiDeps {
  readonly encoders: EncoderRegistry;
  readonly inference: Probe;
}

/** What a client of text-embeddings-inference may ask for and no model here can do, with what can be done instead. */
const NOT_HERE = {
  "/embed_sparse": {
    name: "teiEmbedSparse",
    instead: "There is no sparse model here. POST /v1/collections/{collection}/search ranks by words.",
  },
  "/rerank": {
    name: "teiRerank",
    instead:
      'There is no model for pairs of texts here. POST /v1/collections/{collection}/search with "rerank": "maxsim" ranks what is stored.',
  },
  "/predict": { name: "teiPredict", instead: "There is no classifier here." },
} as const;

/**
 * The routes of Hugging Face's text-embeddings-inference, so that its clients work unchanged: the default model, their
 * shapes of requests, answers and errors.
 */
export const teiRoutes: FastifyPluginAsyncTypebox<TeiDeps> = async (app, { encoders, inference }) => {
  await app.register(infoRoutes, { encoders, inference });
  await app.register(async (inner) => {
    inner.addHook("onRequest", makeRoom());
    await inner.register(embedRoutes, { encoders });
    await inner.register(tokenRoutes, { encoders });
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
