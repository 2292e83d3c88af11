import { AnyObject, FilterSchema } from "@polyseme/http";
import { Type, type Static } from "typebox";
import { ExplainSchema } from "../explain-hits.ts";
import { HitSenseSchema, SenseSchema, SenseSummarySchema } from "../senses/sense-schemas.ts";
import { DEFAULT_CANDIDATES, LEAST_CANDIDATES, MOST_CANDIDATES } from "../search-plan.ts";
import { MOST_PAGED } from "./search-page.ts";

export const MAX_K = 1_000;
const MAX_COLLECTIONS = 100;
const MAX_QUERY_CHARACTERS = 32_768;
const MAX_ID_CHARACTERS = 512;
const MAX_PAGE_CHARACTERS = 4_096;
const MAX_DIMENSIONS = 16_000;

export const SearchBody = Type.Object(
  {
    query: Type.Optional(Type.String({ maxLength: MAX_QUERY_CHARACTERS })),
    vector: Type.Optional(Type.Array(Type.Number(), { minItems: 1, maxItems: MAX_DIMENSIONS })),
    like: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: MAX_ID_CHARACTERS,
        description: "A document's id: others near to the mean of its chunks' vectors",
      }),
    ),
    sense: Type.Optional(SenseSchema),
    k: Type.Optional(Type.Integer({ minimum: 1, maximum: MAX_K })),
    group: Type.Optional(Type.Enum(["document", "chunk"])),
    mode: Type.Optional(
      Type.Enum(["vector", "hybrid", "lexical", "sparse"], {
        description:
          "vector (the default): by meaning; lexical: by words (BM25); hybrid: both, fused by reciprocal rank; sparse: by the weights of the collection's sparse model. With query only",
      }),
    ),
    rerank: Type.Optional(
      Type.Enum(["none", "maxsim", "cross"], {
        description:
          "maxsim: the nearest candidates, ranked by how well each word of the query is met by a word of theirs; cross: ranked by the model of POLYSEME_RERANK_MODEL, which reads the query and each text together",
      }),
    ),
    candidates: Type.Optional(
      Type.Integer({
        minimum: LEAST_CANDIDATES,
        maximum: MOST_CANDIDATES,
        description: `Hits that rerank works on, at least k; ${DEFAULT_CANDIDATES} when left out`,
      }),
    ),
    explain: Type.Optional(
      Type.Boolean({ description: "Says for each word of the query which word of the hit it met; with query only" }),
    ),
    exact: Type.Optional(Type.Boolean({ description: "Every vector is compared, whatever index there is" })),
    filter: Type.Optional(FilterSchema),
    minScore: Type.Optional(Type.Number({ description: "Hits below it are left out; not with hybrid or rerank" })),
    page: Type.Optional(
      Type.String({
        maxLength: MAX_PAGE_CHARACTERS,
        description: `next of the answer before, with the same search; pages go ${MOST_PAGED} hits deep`,
      }),
    ),
    snippets: Type.Optional(
      Type.Boolean({ description: "Each hit with the best sentences of its chunk, the query's words marked" }),
    ),
    collections: Type.Optional(
      Type.Array(Type.String({ maxLength: 63 }), {
        minItems: 1,
        maxItems: MAX_COLLECTIONS,
        description: "Searched as well; of the same model",
      }),
    ),
    after: Type.Optional(Type.String({ maxLength: 64 })),
  },
  { additionalProperties: false },
);
export type SearchRequest = Static<typeof SearchBody>;

const SnippetSchema = Type.Object(
  {
    text: Type.String(),
    start: Type.Integer({ description: "In the document's text, in UTF-16 units" }),
    end: Type.Integer(),
    marks: Type.Array(Type.Array(Type.Integer(), { minItems: 2, maxItems: 2 }), {
      description: "[start, end) of the query's words, in the document's text",
    }),
  },
  { description: "With snippets: the part of the chunk that holds most of the query's words, at most 240 characters" },
);

const HitSchema = Type.Object({
  id: Type.String(),
  collection: Type.Optional(Type.String({ description: "With collections: the one that holds it" })),
  score: Type.Number({
    description:
      "Cosine; in lexical mode BM25; in hybrid mode the sum of 1 / (60 + rank) over both lists; in sparse mode the inner product of the weights; with rerank its own, for cross 0 to 1",
  }),
  ranks: Type.Optional(
    Type.Object(
      { vector: Type.Optional(Type.Integer()), lexical: Type.Optional(Type.Integer()) },
      { description: "In hybrid mode: its places in the two lists, from 1" },
    ),
  ),
  vectorScore: Type.Optional(Type.Number({ description: "With rerank: the score that the hit was found by" })),
  title: Type.Union([Type.String(), Type.Null()]),
  chunk: Type.Object({ ordinal: Type.Integer(), start: Type.Integer(), end: Type.Integer(), text: Type.String() }),
  metadata: AnyObject,
  snippet: Type.Optional(SnippetSchema),
  explain: Type.Optional(ExplainSchema),
  sense: Type.Optional(HitSenseSchema),
});

export const SearchAnswer = Type.Object({
  hits: Type.Array(HitSchema),
  next: Type.Optional(Type.String({ description: "There are more hits: give it as page of the same search" })),
  explained: Type.Optional(Type.Integer({ description: "With explain: how many of the hits are" })),
  sense: Type.Optional(SenseSummarySchema),
  timing: Type.Object({
    encodeMs: Type.Number(),
    searchMs: Type.Number(),
    lexicalMs: Type.Optional(Type.Number({ description: "The statements of a search by words, beside searchMs" })),
    rerankMs: Type.Optional(Type.Number()),
    explainMs: Type.Optional(Type.Number()),
    totalMs: Type.Number(),
  }),
});
