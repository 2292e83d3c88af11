import { TeiErrorSchema } from "@polyseme/http";
import { Type, type Static } from "typebox";

/** text-embeddings-inference calls it `max_client_batch_size`. */
export const MAX_INPUTS = 2_048;
export const MAX_TEXT_CHARACTERS = 1_048_576;
const MAX_PROMPT_NAME_CHARACTERS = 256;

export const TokenIds = Type.Array(Type.Integer({ minimum: 0 }));
const Text = Type.String({ maxLength: MAX_TEXT_CHARACTERS });

/** Texts, or texts that are tokenised already; one alone or several. */
export const Inputs = Type.Union([Text, TokenIds, Type.Array(Type.Union([Text, TokenIds]), { maxItems: MAX_INPUTS })]);
export type Inputs = Static<typeof Inputs>;

const Nullable = <T extends Parameters<typeof Type.Union>[0][number]>(schema: T) =>
  Type.Optional(Type.Union([schema, Type.Null()]));

/** What every request may say of how its texts are encoded. */
export const ENCODING = {
  truncate: Nullable(Type.Boolean({ description: "Cut texts that are too long, rather than refuse them" })),
  truncation_direction: Type.Optional(Type.Enum(["left", "right", "Left", "Right"])),
  prompt_name: Nullable(Type.String({ maxLength: MAX_PROMPT_NAME_CHARACTERS })),
};
const Encoding = Type.Object(ENCODING);
export type Encoding = Static<typeof Encoding>;

export const EmbedBody = Type.Object({
  inputs: Inputs,
  ...ENCODING,
  normalize: Type.Optional(Type.Boolean()),
  dimensions: Nullable(Type.Integer({ minimum: 1 })),
});

export const EmbedAllBody = Type.Object({ inputs: Inputs, ...ENCODING });

export const SimilarityBody = Type.Object({
  inputs: Type.Object({
    source_sentence: Text,
    sentences: Type.Array(Text, { maxItems: MAX_INPUTS }),
  }),
  parameters: Nullable(Encoding),
});

export const ERRORS = { "4xx": TeiErrorSchema, "5xx": TeiErrorSchema };
export const Vector = Type.Array(Type.Number());
