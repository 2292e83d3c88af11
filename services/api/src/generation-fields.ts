import { CHUNKING_STRATEGIES, TOKEN_POOLINGS, TOKEN_VECTORS } from "@polyseme/core";
import { Type } from "typebox";
import { SparseBody } from "./sparse-settings.ts";

const ChunkingSchema = Type.Object(
  {
    maxTokens: Type.Optional(Type.Integer({ minimum: 8, maximum: 32_768 })),
    overlapTokens: Type.Optional(Type.Integer({ minimum: 0, maximum: 8_192 })),
    strategy: Type.Optional(Type.Enum([...CHUNKING_STRATEGIES])),
  },
  { additionalProperties: false },
);

/** What a collection is made with and a migration may change, besides the model. */
export const GENERATION_FIELDS = {
  chunking: Type.Optional(ChunkingSchema),
  language: Type.Optional(Type.String({ pattern: "^[a-zA-Z]{2,8}(-[a-zA-Z0-9]{1,8})*$" })),
  lateChunking: Type.Optional(Type.Boolean()),
  tokenVectors: Type.Optional(Type.Enum([...TOKEN_VECTORS])),
  tokenPooling: Type.Optional(Type.Enum([...TOKEN_POOLINGS])),
  sparse: Type.Optional(SparseBody),
};
