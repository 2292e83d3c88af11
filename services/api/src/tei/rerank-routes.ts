import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import { checkUsableText, PolysemeError, type Metrics } from "@polyseme/core";
import type { Reranker } from "@polyseme/encoder";
import { requestSignal } from "@polyseme/http";
import { Type } from "typebox";
import { countPairs } from "../count-pairs.ts";
import { ERRORS, MAX_INPUTS, MAX_TEXT_CHARACTERS } from "./schemas.ts";
import { emptyList } from "./tokenise-inputs.ts";

const ANSWER_WITHIN_MS = 300_000;

const Nullable = <T extends Parameters<typeof Type.Union>[0][number]>(schema: T) =>
  Type.Optional(Type.Union([schema, Type.Null()]));
const Text = Type.String({ maxLength: MAX_TEXT_CHARACTERS });

const RerankBody = Type.Object({
  query: Text,
  texts: Type.Array(Text, { maxItems: MAX_INPUTS }),
  raw_scores: Nullable(Type.Boolean({ description: "The model's own numbers rather than their sigmoids" })),
  return_text: Nullable(Type.Boolean()),
  truncate: Nullable(Type.Boolean({ description: "Cut pairs that are too long, rather than refuse them" })),
  truncation_direction: Type.Optional(Type.Enum(["right", "Right"])),
});

const Ranked = Type.Object({
  index: Type.Integer({ description: "Place among the texts of the request" }),
  score: Type.Number(),
  text: Type.Optional(Type.String()),
});

/** text-embeddings-inference's reranking: texts by how well they fit a query, the best first. */
export const rerankRoutes: FastifyPluginAsyncTypebox<{ reranker: Reranker; metrics: Metrics }> = async (
  app,
  { reranker, metrics },
) => {
  await Promise.resolve();
  app.post(
    "/rerank",
    {
      config: { needs: "read", tiedKeys: "served", errors: "tei" },
      schema: {
        operationId: "teiRerank",
        summary: "Texts by how well they fit a query, as the model of POLYSEME_RERANK_MODEL says",
        tags: ["text-embeddings-inference"],
        body: RerankBody,
        response: { 200: Type.Array(Ranked), ...ERRORS },
      },
    },
    async ({ body }, reply) => {
      if (!reranker.isSet) throw new PolysemeError("not_implemented", NOT_HERE);
      if (body.texts.length === 0) throw emptyList("texts");
      const query = checkUsableText(body.query, "query");
      const texts = body.texts.map((text) => checkUsableText(text, "texts"));
      const model = await reranker.get();
      const { maxTokens } = model.info;
      const scores = await model.score(query, texts, {
        lane: texts.length > 1 ? "bulk" : "interactive",
        signal: requestSignal(reply, ANSWER_WITHIN_MS),
        refuseCut: body.truncate === true ? undefined : (index) => tooLong(index, maxTokens),
      });
      countPairs(metrics, scores);
      return scores
        .map(({ logit, score }, index) => ({
          index,
          score: body.raw_scores === true ? logit : score,
          ...(body.return_text === true ? { text: body.texts[index] ?? "" } : {}),
        }))
        .sort((a, b) => b.score - a.score);
    },
  );
};

const NOT_HERE =
  "There is no model for pairs of texts here: POLYSEME_RERANK_MODEL names one. " +
  'POST /v1/collections/{collection}/search with "rerank": "maxsim" ranks what is stored without one.';

function tooLong(index: number, maxTokens: number): PolysemeError {
  return new PolysemeError(
    "too_large",
    `\`query\` and a text must have at most ${maxTokens} tokens together; number ${index + 1} has more. Send "truncate": true to have it cut.`,
    { details: { field: "texts" } },
  );
}
