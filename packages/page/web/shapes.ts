import type { SearchHit } from "@polyseme/client";

/** All offsets are UTF-16 code units, `[start, end)`. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

export interface Sentence extends Span {
  readonly text: string;
}

/** One unit of a query and what it met in the hit; `start` and `end` are those in the query. */
export interface ExplainedToken extends Span {
  readonly text: string;
  readonly special: boolean;
  readonly similarity: number;
  /** Its part of the score; all of a hit sum to 1. */
  readonly share: number;
  /** In the document; special tokens have none. */
  readonly match: Sentence | null;
}

export interface Hit extends SearchHit {
  readonly explain?: { readonly tokens: readonly ExplainedToken[] };
}

/** A place where a word is used; `id` is the document's. */
export interface WordUse extends Span {
  readonly id: string;
  readonly word: string;
  readonly sentence: Sentence;
}

export interface Sense {
  readonly id: number | string;
  readonly size: number;
  readonly share: number;
  /** Mean cosine of the uses with their centroid. */
  readonly cohesion: number;
  /** The most typical first. */
  readonly contexts: readonly (WordUse & { readonly ordinal: number; readonly similarity: number })[];
  readonly neighbours: readonly { readonly word: string; readonly similarity: number }[];
}

/** `GET /v1/collections/{c}/senses?word=` */
export interface SensesAnswer {
  readonly word: string;
  readonly form: string;
  readonly uses: number;
  readonly truncated: boolean;
  /** How the number of senses was decided. */
  readonly rule: { readonly method: string; readonly threshold: number; readonly text: string };
  readonly senses: readonly Sense[];
  /** Mean cosine of pairs of uses. */
  readonly similarity: { readonly within: number; readonly across: number | null; readonly static: number };
  readonly points: readonly (WordUse & { readonly x: number; readonly y: number; readonly sense: number | string })[];
}
