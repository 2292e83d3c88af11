import { messageOf } from "@polyseme/core";
import type { Tokenizer as NativeTokenizer, TruncationStrategy } from "tokenizers";
import type { PairFolder } from "./pair-folder.ts";
import { badModel } from "./read-model-folder.ts";
import { tokenizerOf, usable } from "./tokenizer.ts";

/** A query and a text in one row, as the model's template joins them. */
export interface PairTokens {
  readonly ids: Int32Array;
  /** Which of the two each token is of, as far as the model tells them apart. */
  readonly types: Uint8Array;
  /** True when the two had more tokens than the model takes. */
  readonly truncated: boolean;
}

export interface PairTokenizer {
  /** @throws PolysemeError `unusable_text` */
  tokenizePairs(query: string, texts: readonly string[]): Promise<PairTokens[]>;
}

/** transformers' default for pairs: tokens are taken from the longer of the two, one by one. */
const LONGEST_FIRST = "LongestFirst" as TruncationStrategy;
/** A text is tokenised whole before it is cut, and a query once for each text: what is certainly cut is left out before. */
const LEAST_CHARACTERS = 4_096;
const CHARACTERS_A_TOKEN = 16;

/**
 * The model's own tokenizer for pairs, run on libuv's threads.
 * @throws PolysemeError `model_unavailable` when it cannot be used, or joins no pairs
 */
export async function openPairTokenizer(model: PairFolder): Promise<PairTokenizer> {
  try {
    const native = tokenizerOf(model);
    native.setTruncation(model.maxTokens, { strategy: LONGEST_FIRST });
    const joined = await native.encode("a", "b");
    if (joined.getNSequences() < 2) throw new Error("its template has no place for a second text");
    return makePairTokenizer(native, Math.max(LEAST_CHARACTERS, model.maxTokens * CHARACTERS_A_TOKEN));
  } catch (error) {
    throw badModel(model.folder, "tokenizer.json", `is no usable tokenizer for pairs (${messageOf(error)})`, error);
  }
}

function makePairTokenizer(native: NativeTokenizer, mostCharacters: number): PairTokenizer {
  const cut = (text: string): string => text.slice(0, mostCharacters).toWellFormed();
  return {
    async tokenizePairs(query, texts) {
      const first = cut(query);
      // One by one: the library's batches take no pairs.
      const encodings = await usable(() => Promise.all(texts.map((text) => native.encode(first, cut(text)))));
      return encodings.map((encoding, i) => ({
        ids: Int32Array.from(encoding.getIds()),
        types: Uint8Array.from(encoding.getTypeIds()),
        truncated:
          encoding.getOverflowing().length > 0 || Math.max(query.length, texts[i]?.length ?? 0) > mostCharacters,
      }));
    },
  };
}
