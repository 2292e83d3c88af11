/** What a search takes and answers, and the senses of a word. */

/** A word in its sentence, in the sense that is looked for; exactly one of `word` and `span`. */
export interface SenseQuery {
  readonly text: string;
  /** In any form; its first place in the text is meant. */
  readonly word?: string;
  /** `[start, end)` of the word in the text, in UTF-16 units. */
  readonly span?: readonly [start: number, end: number];
  /** `word` (the default): places of this word; `meaning`: any word of the chunks nearest to the text. */
  readonly candidates?: "word" | "meaning";
}

/** A sentence of a document; offsets in UTF-16 units of the document's text. */
export interface Sentence {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** `POST /v1/collections/{c}/search`: exactly one of `query`, `vector` and `sense`. */
export interface SearchRequest {
  readonly query?: string;
  readonly vector?: readonly number[];
  /** 1 to 1,000; 10 when left out. */
  readonly k?: number;
  /** `document`: one hit a document, with its best chunk. */
  readonly group?: "document" | "chunk";
  readonly mode?: "vector" | "hybrid" | "lexical";
  /** `maxsim`: the nearest candidates, ranked by how well each word of the query is met by a word of theirs. */
  readonly rerank?: "none" | "maxsim";
  /** With `rerank`: how many it works on, 50 to 200 and at least `k`; 100 when left out. */
  readonly candidates?: number;
  /** With `query`: says for each of its words which word of a hit it met. */
  readonly explain?: boolean;
  /** Every vector is compared, whatever index there is. */
  readonly exact?: boolean;
  /** A ticket's id: the search waits until its documents are stored. */
  readonly after?: string;
  readonly like?: string;
  readonly sense?: SenseQuery;
  readonly filter?: unknown;
  readonly collections?: readonly string[];
}

export interface SearchHit {
  readonly id: string;
  /** Cosine similarity; with `rerank: "maxsim"` the mean, over the query's words, of the cosine with the nearest word. */
  readonly score: number;
  /** With `rerank`: the cosine that the hit was found by. */
  readonly vectorScore?: number;
  readonly title: string | null;
  readonly chunk: { readonly ordinal: number; readonly start: number; readonly end: number; readonly text: string };
  readonly metadata: Readonly<Record<string, unknown>>;
  /** With `explain`, in the first hits. */
  readonly explain?: { readonly tokens: readonly ExplainedToken[] };
  /** In a search for a sense: the word that was found, its place in the document and its sentence. */
  readonly sense?: {
    readonly word: string;
    readonly start: number;
    readonly end: number;
    /** Cosine of the contextual vectors. */
    readonly similarity: number;
    readonly sentence: Sentence;
  };
}

/** A word or a sign of the query, or a special token of the model, and what it met in a hit. */
export interface ExplainedToken {
  readonly text: string;
  /** UTF-16 offsets into the query. */
  readonly start: number;
  readonly end: number;
  readonly special: boolean;
  /** Cosine of its vector with the match's; null for special tokens. */
  readonly similarity: number | null;
  /** What of the hit's score is its; all tokens' add up to the score. May be negative. */
  readonly part: number;
  /** Its part of all positive parts, special tokens apart; those of a hit add up to 1. */
  readonly share: number;
  /** The nearest word of the chunk, with offsets in the document; null for special tokens. */
  readonly match: { readonly start: number; readonly end: number; readonly text: string } | null;
}

export interface SearchAnswer {
  readonly hits: readonly SearchHit[];
  /** In a search for a sense: the places that were compared, and whether there are more. */
  readonly sense?: { readonly compared: number; readonly truncated: boolean };
  /** With `explain`: how many of the hits are explained. */
  readonly explained?: number;
  readonly timing: {
    readonly encodeMs: number;
    readonly searchMs: number;
    readonly rerankMs?: number;
    readonly explainMs?: number;
    readonly totalMs: number;
  };
}

/** A use of a word in a document. */
export interface WordUse {
  /** The document's. */
  readonly id: string;
  readonly start: number;
  readonly end: number;
  /** As it is written there. */
  readonly word: string;
  readonly sentence: Sentence;
}

/** `GET /v1/collections/{c}/senses` */
export interface SensesAnswer {
  readonly word: string;
  /** Under which the word is found, whatever its ending. */
  readonly form: string;
  /** Places that were grouped. */
  readonly uses: number;
  readonly truncated: boolean;
  /** How the number of senses was decided. */
  readonly rule: { readonly method: string; readonly threshold: number; readonly text: string };
  /** The largest first. */
  readonly senses: readonly {
    readonly id: number;
    readonly size: number;
    readonly share: number;
    /** Mean cosine of its uses with their centroid. */
    readonly cohesion: number;
    /** The most typical first. */
    readonly contexts: readonly (WordUse & { readonly ordinal: number; readonly similarity: number })[];
    readonly neighbours: readonly { readonly word: string; readonly similarity: number }[];
  }[];
  /** Mean cosine of two uses; null where there are no two such. */
  readonly similarity: {
    readonly within: number | null;
    readonly across: number | null;
    readonly static: number | null;
  };
  /** The uses on the plane of their largest differences. */
  readonly points: readonly (WordUse & { readonly x: number; readonly y: number; readonly sense: number })[];
}
