import { Type } from "typebox";

export const MAX_SENSE_CHARACTERS = 8_192;
export const MAX_WORD_CHARACTERS = 256;

/** `sense` in a search. */
export const SenseSchema = Type.Object(
  {
    text: Type.String({
      maxLength: MAX_SENSE_CHARACTERS,
      description: "A sentence with the word in the sense that is looked for",
    }),
    word: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: MAX_WORD_CHARACTERS,
        description: "The word, in any form; its first place in the text is meant. Exactly one of word and span",
      }),
    ),
    span: Type.Optional(
      Type.Array(Type.Integer({ minimum: 0 }), {
        minItems: 2,
        maxItems: 2,
        description: "[start, end) of the word in the text, in UTF-16 units",
      }),
    ),
    candidates: Type.Optional(
      Type.Enum(["word", "meaning"], {
        description:
          "word (the default): places of the word in any form; meaning: any word of the chunks nearest to the text",
      }),
    ),
  },
  { additionalProperties: false },
);

const SentenceSchema = Type.Object({ start: Type.Integer(), end: Type.Integer(), text: Type.String() });

/** `sense` of a hit. */
export const HitSenseSchema = Type.Object({
  word: Type.String({ description: "As it is written there" }),
  start: Type.Integer({ description: "Of the word in the document's text, in UTF-16 units" }),
  end: Type.Integer(),
  similarity: Type.Number({
    description:
      "Cosine of the contextual vectors; the score is that after the mean of the word's uses is taken off both",
  }),
  sentence: SentenceSchema,
});

/** How a sense search went. */
export const SenseSummarySchema = Type.Object({
  compared: Type.Integer({ description: "Places that were compared with the word" }),
  truncated: Type.Boolean({ description: "True when there are more places than were compared" }),
});

const Place = {
  id: Type.String({ description: "The document's" }),
  start: Type.Integer(),
  end: Type.Integer(),
  word: Type.String({ description: "As it is written there" }),
  sentence: SentenceSchema,
};

/** `GET …/senses` */
export const SensesSchema = Type.Object({
  word: Type.String(),
  form: Type.String({ description: "Under which the word is found, whatever its ending" }),
  uses: Type.Integer({ description: "Places that were grouped" }),
  truncated: Type.Boolean({ description: "True when there are more uses than were grouped" }),
  rule: Type.Object(
    { method: Type.String(), threshold: Type.Number(), text: Type.String() },
    { description: "How the number of senses was decided" },
  ),
  senses: Type.Array(
    Type.Object({
      id: Type.Integer({ description: "From 0, the largest sense first" }),
      size: Type.Integer(),
      share: Type.Number(),
      cohesion: Type.Number({ description: "Mean cosine of its uses with their centroid" }),
      contexts: Type.Array(
        Type.Object({
          ...Place,
          ordinal: Type.Integer({ description: "Of the chunk" }),
          similarity: Type.Number({ description: "Cosine with the sense's centroid" }),
        }),
        { description: "The most typical first" },
      ),
      neighbours: Type.Array(Type.Object({ word: Type.String(), similarity: Type.Number() }), {
        description: "Other words nearest to the sense",
      }),
    }),
  ),
  similarity: Type.Object(
    {
      within: Type.Union([Type.Number(), Type.Null()]),
      across: Type.Union([Type.Number(), Type.Null()]),
      static: Type.Union([Type.Number(), Type.Null()]),
    },
    {
      description:
        "Mean cosine of two uses: of the same sense, of different senses (null with one sense), and of the word's static vectors",
    },
  ),
  points: Type.Array(Type.Object({ ...Place, x: Type.Number(), y: Type.Number(), sense: Type.Integer() }), {
    description: "The uses on the plane of their largest differences",
  }),
});
