import { BadModelFile } from "./bad-model-file.ts";
import { isRecord, wholeNumber } from "./json-values.ts";

/**
 * How a model for late interaction (ColBERT: Khattab and Zaharia, 2020) wants its texts, which are compared token by token.
 * Of a query and of a document alike: the mark is the second token, and counts in the number of tokens.
 */
export interface LateInteraction {
  /** As the vocabulary writes it; empty: none. */
  readonly queryMark: string;
  readonly documentMark: string;
  /** Tokens of a query, special ones counted: longer ones are cut. */
  readonly queryTokens: number;
  /** Most tokens of a document, special ones counted. */
  readonly documentTokens: number;
  /** Shorter queries are filled up with masks, whose vectors are compared like those of words. */
  readonly fillsQueries: boolean;
  /** What queries are filled up with, as vocabularies write it: the first of them that there is. */
  readonly fillers: readonly string[];
  /** Whether the other tokens see those masks. */
  readonly seesMasks: boolean;
  /** What of a document is not compared, as the vocabulary writes it. */
  readonly skippedWords: readonly string[];
}

/** What the authors of ColBERT keep beside a model's weights. */
export const METADATA_FILE = "artifact.metadata";
const PYLATE_FILE = "config_sentence_transformers.json";
const QUERY_TOKENS = 32;
const DOCUMENT_TOKENS = 180;
/** The mark and a special token on either side. */
const LEAST_TOKENS = 3;
const MOST_SKIPPED = 1_000;
/** As Python's `string.punctuation` has them. */
const PUNCTUATION = [..."!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"];

/**
 * What `config_sentence_transformers.json` says, in the fields that PyLate writes; its defaults where it says nothing.
 * @throws BadModelFile naming the field
 */
export function parsePyLate(file: unknown, tokenizerConfig: unknown): LateInteraction {
  const read = reader(file, PYLATE_FILE);
  const fillsQueries = read.flag("do_query_expansion", true);
  return {
    queryMark: read.text("query_prefix", "[Q] "),
    documentMark: read.text("document_prefix", "[D] "),
    queryTokens: read.tokens("query_length", QUERY_TOKENS),
    documentTokens: read.tokens("document_length", DOCUMENT_TOKENS),
    fillsQueries,
    fillers: fillersOf(tokenizerConfig),
    seesMasks: fillsQueries && read.flag("attend_to_expansion_tokens", false),
    skippedWords: read.words("skiplist_words", PUNCTUATION),
  };
}

/** What `artifact.metadata` says besides: the width of the projection, undefined where it does not. */
export interface StanfordMetadata extends LateInteraction {
  readonly dimensions: number | undefined;
}

/**
 * What ColBERT's own `artifact.metadata` says.
 * @throws BadModelFile naming the field, also for vectors that are compared by their distance
 */
export function parseMetadata(file: unknown, tokenizerConfig: unknown): StanfordMetadata {
  const read = reader(file, METADATA_FILE);
  const similarity = read.text("similarity", "cosine");
  if (similarity !== "cosine")
    throw new BadModelFile(METADATA_FILE, `compares by ${JSON.stringify(similarity.slice(0, 80))}; only cosine can be`);
  return {
    queryMark: read.text("query_token_id", "[unused0]"),
    documentMark: read.text("doc_token_id", "[unused1]"),
    queryTokens: read.tokens("query_maxlen", QUERY_TOKENS),
    documentTokens: read.tokens("doc_maxlen", DOCUMENT_TOKENS),
    fillsQueries: true,
    fillers: fillersOf(tokenizerConfig),
    seesMasks: read.flag("attend_to_mask_tokens", false),
    skippedWords: read.flag("mask_punctuation", true) ? PUNCTUATION : [],
    dimensions: wholeNumber(file, "dim"),
  };
}

/** The mask; without one, as PyLate has it, the end of a text or the padding. Old files leave to the class what it is. */
function fillersOf(tokenizerConfig: unknown): string[] {
  const named = (key: string): string[] => {
    const token = isRecord(tokenizerConfig) ? tokenizerConfig[key] : undefined;
    const text = isRecord(token) ? token["content"] : token;
    return typeof text === "string" ? [text] : [];
  };
  return [...named("mask_token"), "[MASK]", "<mask>", ...named("eos_token"), ...named("pad_token")];
}

interface Reader {
  text(key: string, usual: string): string;
  flag(key: string, usual: boolean): boolean;
  tokens(key: string, usual: number): number;
  words(key: string, usual: readonly string[]): readonly string[];
}

/** Fields that are left out or null are as usual; of another kind than they should be, the file is refused. */
function reader(file: unknown, at: string): Reader {
  const read = <T>(key: string, usual: T, wanted: string, isRight: (value: unknown) => value is T): T => {
    const value = isRecord(file) ? (file[key] ?? usual) : usual;
    if (!isRight(value)) throw new BadModelFile(at, `has a wrong ${key}: it must be ${wanted}`);
    return value;
  };
  const isText = (value: unknown): value is string => typeof value === "string";
  const isTokens = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= LEAST_TOKENS;
  const isWords = (value: unknown): value is readonly string[] =>
    Array.isArray(value) && value.length <= MOST_SKIPPED && value.every(isText);
  return {
    text: (key, usual) => read(key, usual, "a text", isText),
    flag: (key, usual) => read(key, usual, "true or false", (value) => typeof value === "boolean"),
    tokens: (key, usual) => read(key, usual, `a whole number of ${LEAST_TOKENS} or more`, isTokens),
    words: (key, usual) => read(key, usual, `a list of at most ${MOST_SKIPPED} texts`, isWords),
  };
}
