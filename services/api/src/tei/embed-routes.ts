import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import { PolysemeError } from "@polyseme/core";
import type { Encoded, Encoder, EncoderRegistry, Wants } from "@polyseme/encoder";
import { requestSignal } from "@polyseme/http";
import { Type } from "typebox";
import { cutterOf } from "../cut-embedding.ts";
import { poolTokens } from "./pool-tokens.ts";
import { EmbedAllBody, EmbedBody, ERRORS, SimilarityBody, Vector } from "./schemas.ts";
import { emptyList, inputsOf, tokeniseInputs } from "./tokenise-inputs.ts";

/** 2,048 texts of 256 tokens take a minute and more on two cores. */
const ANSWER_WITHIN_MS = 300_000;
/** Numbers of an answer of `/embed_all`: some 20 MB of JSON, written in one go. */
const MOST_NUMBERS = 1_000_000;

/** text-embeddings-inference's vectors: of texts, of tokens, and how near texts are. */
export const embedRoutes: FastifyPluginAsyncTypebox<{ encoders: EncoderRegistry }> = async (app, { encoders }) => {
  await Promise.resolve();
  const config = { needs: "read", tiedKeys: "served", errors: "tei" } as const;
  const tags = ["text-embeddings-inference"];
  const model = (): Promise<Encoder> => encoders.get(encoders.catalog.defaultModel);

  app.post(
    "/embed",
    {
      config,
      schema: {
        operationId: "teiEmbed",
        summary: "Embeddings of the default model",
        tags,
        body: EmbedBody,
        response: { 200: Type.Array(Vector), ...ERRORS },
      },
    },
    async ({ body }, reply) => {
      const encoder = await model();
      const cut = cutterOf(encoder.info, body.dimensions ?? undefined);
      if (body.normalize === false && encoder.info.isProjected) throw notPlain(encoder);
      const ids = await tokeniseInputs(encoder, inputsOf(body.inputs), body);
      const signal = requestSignal(reply, ANSWER_WITHIN_MS);
      if (body.normalize !== false) return (await embedAll(encoder, ids, signal)).map((vector) => [...cut(vector)]);
      const encoded = await encodeAll(encoder, ids, { contextual: true }, signal);
      return encoded.map(({ contextual }) => [
        ...poolTokens(given(contextual), encoder.info).slice(0, body.dimensions ?? undefined),
      ]);
    },
  );

  app.post(
    "/embed_all",
    {
      config,
      schema: {
        operationId: "teiEmbedAll",
        summary: "The contextual vector of every token, special tokens too",
        tags,
        body: EmbedAllBody,
        response: { 200: Type.Array(Type.Array(Vector)), ...ERRORS },
      },
    },
    async ({ body }, reply) => {
      const encoder = await model();
      const { tokenDimensions: dimensions } = encoder.info;
      const ids = await tokeniseInputs(encoder, inputsOf(body.inputs), body);
      const tokens = ids.reduce((sum, { length }) => sum + length, 0);
      if (tokens * dimensions > MOST_NUMBERS)
        throw new PolysemeError(
          "too_large",
          `These inputs have ${tokens} tokens; one answer holds the vectors of ${Math.floor(MOST_NUMBERS / dimensions)}. Send fewer at once.`,
          { details: { field: "inputs" } },
        );
      const encoded = await encodeAll(encoder, ids, { contextual: true }, requestSignal(reply, ANSWER_WITHIN_MS));
      return encoded.map(({ contextual }) => rowsOf(given(contextual), dimensions));
    },
  );

  app.post(
    "/similarity",
    {
      config,
      schema: {
        operationId: "teiSimilarity",
        summary: "Cosine of a sentence with each of others",
        tags,
        body: SimilarityBody,
        response: { 200: Vector, ...ERRORS },
      },
    },
    async ({ body: { inputs, parameters } }, reply) => {
      if (inputs.sentences.length === 0) throw emptyList("inputs.sentences");
      const encoder = await model();
      const ids = await tokeniseInputs(encoder, [inputs.source_sentence, ...inputs.sentences], parameters ?? {});
      const [source, ...others] = await embedAll(encoder, ids, requestSignal(reply, ANSWER_WITHIN_MS));
      return others.map((other) => dot(given(source), other));
    },
  );
};

function notPlain({ info }: Encoder): PolysemeError {
  return new PolysemeError("invalid", `The embeddings of ${info.name} are had at length 1 only; leave normalize out.`, {
    details: { field: "normalize" },
  });
}

async function embedAll(encoder: Encoder, ids: readonly Int32Array[], signal: AbortSignal): Promise<Float32Array[]> {
  return (await encodeAll(encoder, ids, { embedding: true }, signal)).map(({ embedding }) => given(embedding));
}

function encodeAll(
  encoder: Encoder,
  all: readonly Int32Array[],
  wants: Wants,
  signal: AbortSignal,
): Promise<Encoded[]> {
  const lane = all.length > 1 ? "bulk" : "interactive";
  return Promise.all(all.map((ids) => encoder.encode(ids, { wants, lane, signal })));
}

function given(vector: Float32Array | undefined): Float32Array {
  if (vector === undefined) throw new Error("The encoder left out what was asked for");
  return vector;
}

function rowsOf(values: Float32Array, dimensions: number): number[][] {
  return Array.from({ length: values.length / dimensions }, (_, i) => [
    ...values.subarray(i * dimensions, (i + 1) * dimensions),
  ]);
}

function dot(a: Float32Array, b: Float32Array): number {
  return a.reduce((sum, value, index) => sum + value * (b[index] ?? 0), 0);
}
