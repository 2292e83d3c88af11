import type { Tokenizer as NativeTokenizer } from "tokenizers";
import type { LateInteraction } from "./late-interaction.ts";
import { isRecord, wholeNumber } from "./json-values.ts";
import type { TextTokenizer } from "./tokenizer.ts";
import type { QueryTokens, TokenIds, Tokens } from "./types.ts";

/** The mark's place among a text's tokens: behind the first special one. */
const MARK = 1;

export interface MarkOptions {
  readonly interaction: LateInteraction;
  readonly tokenizerJson: string;
  /** Most tokens of a document, the mark counted. */
  readonly maxTokens: number;
  /** The model's tokenizer, cutting texts to so many tokens. */
  readonly cutTo: (maxTokens: number) => TextTokenizer;
}

/**
 * The tokenizer of a model for late interaction. Whatever it is asked for is marked as a document, and counts its mark among
 * the special tokens before a text; queries are had from `tokenizeQuery` alone.
 * @throws Error when the vocabulary lacks a mark or a mask
 */
export function markedTokenizer(native: NativeTokenizer, options: MarkOptions): TextTokenizer {
  const { interaction, maxTokens, cutTo } = options;
  const { queryTokens } = interaction;
  const documentMark = markOf(native, interaction.documentMark);
  const queryMark = markOf(native, interaction.queryMark);
  const filler = interaction.fillsQueries ? fillerOf(native, interaction) : undefined;
  const documents = cutTo(maxTokens - documentMark.length);
  const queries = cutTo(queryTokens - queryMark.length);
  if (documents.leadingTokens < MARK)
    throw new Error("it puts nothing before a text, where the mark would stand behind");
  return {
    ...documents,
    specialTokens: documents.specialTokens + documentMark.length,
    leadingTokens: documents.leadingTokens + documentMark.length,
    compared: { skipped: skippedOf(native, options) },
    tokenize: async (texts) => (await documents.tokenize(texts)).map((tokens) => withMark(tokens, documentMark)),
    tokenizeIds: async (texts) =>
      (await documents.tokenizeIds(texts)).map((tokens) => idsWithMark(tokens, documentMark)),
    withSpecialTokens: (ids) => inserted(documents.withSpecialTokens(ids), documentMark),
    async tokenizeQuery(text) {
      const [tokens] = await queries.tokenize([text]);
      if (tokens === undefined) throw new Error("The tokenizer lost a text");
      const marked = withMark(tokens, queryMark);
      const seen = filler !== undefined && interaction.seesMasks ? queryTokens : marked.ids.length;
      return { ...(filler === undefined ? marked : filled(marked, filler, queryTokens)), seen };
    },
  };
}

/** Of no id for a model without marks. */
function markOf(native: NativeTokenizer, mark: string): number[] {
  if (mark === "") return [];
  const id = native.tokenToId(mark);
  if (id === null) throw new Error(`it has no token ${JSON.stringify(mark)}, which the model wants in its texts`);
  return [id];
}

function fillerOf(native: NativeTokenizer, { fillers }: LateInteraction): number {
  for (const token of fillers) {
    const id = native.tokenToId(token);
    if (id !== null) return id;
  }
  throw new Error(`it has no mask to fill queries up with (looked for ${fillers.join(", ")})`);
}

/** A word that the vocabulary lacks stands for all that it lacks, as it does to the libraries that train such models. */
function skippedOf(native: NativeTokenizer, { interaction, tokenizerJson }: MarkOptions): Set<number> {
  const unknown = unknownOf(native, tokenizerJson);
  return new Set(interaction.skippedWords.flatMap((word) => native.tokenToId(word) ?? unknown ?? []));
}

function unknownOf(native: NativeTokenizer, tokenizerJson: string): number | undefined {
  const json: unknown = JSON.parse(tokenizerJson);
  const model = isRecord(json) ? json["model"] : undefined;
  const token = isRecord(model) ? model["unk_token"] : undefined;
  return typeof token === "string" ? (native.tokenToId(token) ?? undefined) : wholeNumber(model, "unk_id");
}

function idsWithMark({ ids, truncated }: TokenIds, mark: readonly number[]): TokenIds {
  return { ids: inserted(ids, mark), truncated };
}

function withMark(tokens: Tokens, mark: readonly number[]): Tokens {
  const nowhere = mark.map(() => 0);
  return {
    ids: inserted(tokens.ids, mark),
    starts: inserted(tokens.starts, nowhere),
    ends: inserted(tokens.ends, nowhere),
    special: Uint8Array.from(
      inserted(
        Int32Array.from(tokens.special),
        mark.map(() => 1),
      ),
    ),
    truncated: tokens.truncated,
  };
}

function inserted(values: Int32Array, more: readonly number[]): Int32Array {
  return Int32Array.from([...values.subarray(0, MARK), ...more, ...values.subarray(MARK)]);
}

/** Masks have no place in the text, like special tokens. */
function filled(tokens: Tokens, filler: number, length: number): Omit<QueryTokens, "seen"> {
  const upTo = (values: ArrayLike<number>, value: number): number[] => [
    ...Array.from(values),
    ...new Array<number>(length - values.length).fill(value),
  ];
  return {
    ids: Int32Array.from(upTo(tokens.ids, filler)),
    starts: Int32Array.from(upTo(tokens.starts, 0)),
    ends: Int32Array.from(upTo(tokens.ends, 0)),
    special: Uint8Array.from(upTo(tokens.special, 1)),
    truncated: tokens.truncated,
  };
}
