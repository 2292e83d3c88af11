import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import { checkUsableText } from "@polyseme/core";
import { encodeTexts, type EncoderRegistry } from "@polyseme/encoder";
import { ErrorSchema, requestSignal } from "@polyseme/http";
import { Type } from "typebox";

const MAX_TEXT_CHARACTERS = 65_536;
const ANSWER_WITHIN_MS = 30_000;

const InspectAnswer = Type.Object({
  model: Type.String(),
  shape: Type.Array(Type.Integer(), { description: "[1, tokens, dimensions]" }),
  tokens: Type.Array(
    Type.Object({
      text: Type.String({ description: "As the vocabulary writes it" }),
      id: Type.Integer(),
      start: Type.Integer({ description: "UTF-16 offset into the text; special tokens have start = end" }),
      end: Type.Integer(),
      special: Type.Boolean(),
    }),
  ),
  static: Type.Array(Type.Array(Type.Number()), {
    description: "The input table's row of each token, the same in every text",
  }),
  contextual: Type.Array(Type.Array(Type.Number()), { description: "The vector of each token in this text" }),
  embedding: Type.Array(Type.Number()),
  truncated: Type.Boolean({ description: "True when the text had more tokens than the model takes" }),
});

/** What the model sees in a text: tokens, static and contextual vectors, the embedding. */
export const inspectRoutes: FastifyPluginAsyncTypebox<{ encoders: EncoderRegistry }> = async (app, { encoders }) => {
  await Promise.resolve();
  app.post(
    "/v1/inspect",
    {
      config: { needs: "read", tiedKeys: "served" },
      schema: {
        operationId: "inspect",
        summary: "Tokens of a text with their static and contextual vectors",
        tags: ["meaning"],
        body: Type.Object(
          {
            text: Type.String({ maxLength: MAX_TEXT_CHARACTERS }),
            model: Type.Optional(Type.String({ minLength: 1, maxLength: 512 })),
          },
          { additionalProperties: false },
        ),
        response: { 200: InspectAnswer, "4xx": ErrorSchema, "5xx": ErrorSchema },
      },
    },
    async (request, reply) => {
      const text = checkUsableText(request.body.text, "text");
      const encoder = await encoders.get(request.body.model ?? encoders.catalog.defaultModel);
      const wants = { embedding: true, contextual: true, statics: true };
      const [result] = await encodeTexts(encoder, [text], {
        wants,
        lane: "interactive",
        signal: requestSignal(reply, ANSWER_WITHIN_MS),
      });
      if (result === undefined) throw new Error("The encoder lost a text");
      const { tokens, encoded } = result;
      const { tokenDimensions: dimensions, staticDimensions } = encoder.info;
      return {
        model: encoder.info.name,
        shape: [1, tokens.ids.length, dimensions],
        tokens: Array.from(tokens.ids, (id, i) => ({
          text: encoder.tokenText(id),
          id,
          start: tokens.starts[i] ?? 0,
          end: tokens.ends[i] ?? 0,
          special: tokens.special[i] === 1,
        })),
        static: rows(encoded.statics, staticDimensions),
        contextual: rows(encoded.contextual, dimensions),
        embedding: [...(encoded.embedding ?? [])],
        truncated: tokens.truncated,
      };
    },
  );
};

function rows(values: Float32Array | undefined, dimensions: number): number[][] {
  if (values === undefined) throw new Error("The encoder left out what was asked for");
  return Array.from({ length: values.length / dimensions }, (_, i) => [
    ...values.subarray(i * dimensions, (i + 1) * dimensions),
  ]);
}
