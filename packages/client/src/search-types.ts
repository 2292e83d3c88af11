/** What a search takes and answers, and the senses of a word: as the server describes it. */
import type { Answer, Body } from "./api-types.ts";
import type { Filter } from "./filter-types.ts";

/** `POST /v1/collections/{c}/search` */
export type SearchRequest = Omit<Body<"/v1/collections/{collection}/search", "post">, "filter"> & {
  /** Only documents whose metadata match. */
  readonly filter?: Filter;
};

/** A word in its sentence, in the sense that is looked for; exactly one of `word` and `span`. */
export type SenseQuery = NonNullable<SearchRequest["sense"]>;

export type SearchAnswer = Answer<"/v1/collections/{collection}/search", "post", 200>;

/** A document with its best chunk, or a chunk when the search is grouped by chunk. */
export type SearchHit = SearchAnswer["hits"][number];

/** A word or a sign of the query, or a special token of the model, and what it met in a hit. */
export type ExplainedToken = NonNullable<SearchHit["explain"]>["tokens"][number];

/** A sentence of a document; offsets in UTF-16 units of the document's text. */
export type Sentence = NonNullable<SearchHit["sense"]>["sentence"];

/** `GET /v1/collections/{c}/senses` */
export type SensesAnswer = Answer<"/v1/collections/{collection}/senses", "get", 200>;

/** A use of a word in a document; `id` is the document's. */
export type WordUse = Omit<SensesAnswer["points"][number], "x" | "y" | "sense">;
