import { availableParallelism } from "node:os";
import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import { PolysemeError } from "@polyseme/core";
import type { EncoderRegistry, ModelInfo } from "@polyseme/encoder";
import { VERSION, type Probe } from "@polyseme/http";
import { Type } from "typebox";
import { MAX_CONCURRENT_REQUESTS } from "./room.ts";
import { ERRORS, MAX_INPUTS } from "./schemas.ts";

const Nothing = Type.Union([Type.String(), Type.Null()]);
const Info = Type.Object({
  model_id: Type.String(),
  model_sha: Nothing,
  model_dtype: Type.String(),
  model_type: Type.Object({ embedding: Type.Object({ pooling: Type.String() }) }),
  max_concurrent_requests: Type.Integer(),
  max_input_length: Type.Integer(),
  max_batch_tokens: Type.Integer(),
  max_batch_requests: Type.Union([Type.Integer(), Type.Null()]),
  max_client_batch_size: Type.Integer(),
  auto_truncate: Type.Boolean(),
  tokenization_workers: Type.Integer(),
  version: Type.String({ description: "Of polyseme" }),
  sha: Nothing,
  docker_label: Nothing,
});

/** text-embeddings-inference's words about itself. */
export const infoRoutes: FastifyPluginAsyncTypebox<{ encoders: EncoderRegistry; inference: Probe }> = async (
  app,
  { encoders, inference },
) => {
  await Promise.resolve();
  const tags = ["text-embeddings-inference"];
  app.get(
    "/info",
    {
      config: { needs: "read", tiedKeys: "served", errors: "tei" },
      schema: {
        operationId: "teiInfo",
        summary: "The default model and the limits",
        tags,
        response: { 200: Info, ...ERRORS },
      },
    },
    async () => {
      const { info } = await encoders.get(encoders.catalog.defaultModel);
      return {
        model_id: info.name,
        model_sha: null,
        model_dtype: dtypeOf(info),
        model_type: { embedding: { pooling: info.pooling === "last" ? "last_token" : info.pooling } },
        max_concurrent_requests: MAX_CONCURRENT_REQUESTS,
        max_input_length: info.maxTokens,
        max_batch_tokens: info.batchTokens,
        max_batch_requests: null,
        max_client_batch_size: MAX_INPUTS,
        auto_truncate: false,
        // The tokenizer splits a batch of texts over a thread a core.
        tokenization_workers: availableParallelism(),
        version: VERSION,
        sha: null,
        docker_label: null,
      };
    },
  );

  app.get(
    "/health",
    {
      config: { needs: "nobody", errors: "tei" },
      schema: {
        operationId: "teiHealth",
        summary: "The encoder answers",
        tags,
        response: { 200: Type.String(), ...ERRORS },
      },
    },
    async (_request, reply) => {
      await inference.check().catch((error: unknown) => {
        throw new PolysemeError("model_unavailable", "unhealthy", { cause: error });
      });
      return reply.type("text/plain").send("");
    },
  );
};

/** By the usual names of exported files. */
function dtypeOf({ graph, file }: ModelInfo): string {
  if (graph === "half" || file.includes("fp16")) return "float16";
  return graph === "file" && /int8|quantized/.test(file) ? "int8" : "float32";
}
