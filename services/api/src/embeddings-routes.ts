import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import { checkUsableText } from "@polyseme/core";
import type { Encoder, EncoderRegistry } from "@polyseme/encoder";
import { OpenAiErrorSchema, requestSignal } from "@polyseme/http";
import { Type } from "typebox";
import { cutterOf } from "./cut-embedding.ts";

const MAX_INPUTS = 2_048;
const MAX_TEXT_CHARACTERS = 1_048_576;
/** Sent by OpenAI's clients; not looked at. */
const MAX_USER_CHARACTERS = 512;
/** 2,048 texts of 256 tokens take a minute and more on two cores. */
const ANSWER_WITHIN_MS = 300_000;

const TokenArray = Type.Array(Type.Integer({ minimum: 0 }), { minItems: 1 });
const Input = Type.Union([
  Type.String({ maxLength: MAX_TEXT_CHARACTERS }),
  Type.Array(Type.String({ maxLength: MAX_TEXT_CHARACTERS }), { minItems: 1, maxItems: MAX_INPUTS }),
  TokenArray,
  Type.Array(TokenArray, { minItems: 1, maxItems: MAX_INPUTS }),
]);

/** OpenAI's embeddings call, so that its clients work unchanged. */
export const embeddingsRoutes: FastifyPluginAsyncTypebox<{ encoders: EncoderRegistry }> = async (app, { encoders }) => {
  await Promise.resolve();
  app.post(
    "/v1/embeddings",
    {
      config: { needs: "read", tiedKeys: "served", errors: "openai" },
      schema: {
        operationId: "embeddings",
        summary: "Embeddings in OpenAI's shape; texts longer than the model takes are cut",
        tags: ["meaning"],
        body: Type.Object({
          input: Input,
          model: Type.Optional(Type.String({ minLength: 1, maxLength: 512 })),
          encoding_format: Type.Optional(Type.Enum(["float", "base64"])),
          dimensions: Type.Optional(Type.Integer({ minimum: 1 })),
          user: Type.Optional(Type.String({ maxLength: MAX_USER_CHARACTERS })),
        }),
        response: {
          200: Type.Object({
            object: Type.Literal("list"),
            data: Type.Array(
              Type.Object({
                object: Type.Literal("embedding"),
                index: Type.Integer(),
                embedding: Type.Union([Type.Array(Type.Number()), Type.String()]),
              }),
            ),
            model: Type.String(),
            usage: Type.Object({ prompt_tokens: Type.Integer(), total_tokens: Type.Integer() }),
          }),
          "4xx": OpenAiErrorSchema,
          "5xx": OpenAiErrorSchema,
        },
      },
    },
    async (request, reply) => {
      const { input, model, encoding_format: format = "float", dimensions } = request.body;
      const encoder = await encoders.get(model ?? encoders.catalog.defaultModel);
      const cut = cutterOf(encoder.info, dimensions);
      const inputs = await tokenizeInput(encoder, input);
      const lane = inputs.length > 1 ? "bulk" : "interactive";
      const signal = requestSignal(reply, ANSWER_WITHIN_MS);
      const encoded = await Promise.all(
        inputs.map((ids) => encoder.encode(ids, { wants: { embedding: true }, lane, signal })),
      );
      const tokens = inputs.reduce((sum, ids) => sum + ids.length, 0);
      return {
        object: "list" as const,
        data: encoded.map(({ embedding: whole = new Float32Array() }, index) => {
          const embedding = cut(whole);
          return {
            object: "embedding" as const,
            index,
            embedding: format === "float" ? [...embedding] : base64(embedding),
          };
        }),
        model: encoder.info.name,
        usage: { prompt_tokens: tokens, total_tokens: tokens },
      };
    },
  );
};

async function tokenizeInput(
  encoder: Encoder,
  input: string | string[] | number[] | number[][],
): Promise<Int32Array[]> {
  if (typeof input === "string") return tokenizeTexts(encoder, [input]);
  if (isTexts(input)) return tokenizeTexts(encoder, input);
  const arrays = isOneTokenArray(input) ? [input] : input;
  return arrays.map((ids) => encoder.withSpecialTokens(ids));
}

async function tokenizeTexts(encoder: Encoder, texts: readonly string[]): Promise<Int32Array[]> {
  for (const text of texts) checkUsableText(text, "input");
  return (await encoder.tokenizeIds(texts)).map(({ ids }) => ids);
}

function isTexts(input: string[] | number[] | number[][]): input is string[] {
  return typeof input[0] === "string";
}

function isOneTokenArray(input: number[] | number[][]): input is number[] {
  return typeof input[0] === "number";
}

/** Little-endian float32, as OpenAI sends it. */
function base64(values: Float32Array): string {
  return Buffer.from(values.buffer, values.byteOffset, values.byteLength).toString("base64");
}
