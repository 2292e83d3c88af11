import { messageOf, PolysemeError } from "@polyseme/core";
import { Tokenizer as NativeTokenizer } from "tokenizers";
import { markedTokenizer } from "./marked-tokenizer.ts";
import type { ModelFolder } from "./read-model-folder.ts";
import { badModel } from "./read-model-folder.ts";
import { makeTogether } from "./together.ts";
import type { ComparedTokens, QueryTokens, TokenIds, Tokens } from "./types.ts";
import { cutIds, cutTokens, NO_TEMPLATE, probeTemplate, toTokens, type Read, type Template } from "./token-template.ts";
import { readWordPiece, type PlacedIds } from "./word-piece.ts";
import { makeWordTokens, type WordTokens } from "./word-tokens.ts";

export interface TextTokenizer {
  readonly specialTokens: number;
  readonly leadingTokens: number;
  /** Undefined: it is not for late interaction. */
  readonly compared: ComparedTokens | undefined;
  tokenize(texts: readonly string[]): Promise<Tokens[]>;
  tokenizeIds(texts: readonly string[]): Promise<TokenIds[]>;
  tokenizeWhole(text: string): Promise<Tokens>;
  tokenizeQuery(text: string): Promise<QueryTokens>;
  tokenText(id: number): string;
  decode(ids: readonly number[], options: { readonly skipSpecialTokens: boolean }): Promise<string>;
  withSpecialTokens(ids: readonly number[]): Int32Array;
}

type OnCall = (call: { readonly texts: number; readonly tokeniseMs: number }) => void;

/**
 * The model's own tokens: put together from words on the calling thread where that gives the same, read on libuv's threads
 * where not.
 * @throws PolysemeError `model_unavailable`
 */
export async function openTokenizer(
  model: Pick<ModelFolder, "folder" | "tokenizerJson" | "maxTokens"> &
    Partial<Pick<ModelFolder, "lowerCases" | "vocabulary" | "lateInteraction">>,
  onCall: OnCall = () => undefined,
): Promise<TextTokenizer> {
  try {
    const native = tokenizerOf(model);
    const template = await probeTemplate(native);
    const words = wordsOf(native, model);
    const cutTo = (maxTokens: number): TextTokenizer => makeTokenizer(native, template, maxTokens, words, onCall);
    const { lateInteraction: interaction, tokenizerJson, maxTokens } = model;
    if (interaction === undefined) return cutTo(maxTokens);
    return markedTokenizer(native, { interaction, tokenizerJson, maxTokens, cutTo });
  } catch (error) {
    throw badModel(model.folder, "tokenizer.json", `is no usable tokenizer (${messageOf(error)})`, error);
  }
}

/**
 * What a tokenizer.json says, without a limit and without padding.
 * @throws Error when it cannot be read, or is another model's
 */
export function tokenizerOf(
  model: Pick<ModelFolder, "tokenizerJson"> & Partial<Pick<ModelFolder, "lowerCases" | "vocabulary">>,
): NativeTokenizer {
  const native = NativeTokenizer.fromString(jsonOf(model));
  // Shipped files cut at 128 tokens and pad to 128.
  native.disableTruncation();
  native.disablePadding();
  const { vocabulary = Infinity } = model;
  // Added tokens that no text has may lie beyond; a whole vocabulary is another model's.
  if (native.getVocabSize(false) > vocabulary)
    throw new Error(`it has ${native.getVocabSize(false)} tokens, and the model's table ${vocabulary} rows`);
  return native;
}

function jsonOf({
  lowerCases,
  tokenizerJson,
}: Pick<ModelFolder, "tokenizerJson"> & Partial<Pick<ModelFolder, "lowerCases">>): string {
  return lowerCases === true ? lowerCasing(tokenizerJson) : tokenizerJson;
}

/** As sentence-transformers does where a model's settings ask for it: before the tokenizer's own normaliser. */
function lowerCasing(tokenizerJson: string): string {
  const tokenizer = JSON.parse(tokenizerJson) as { normalizer?: unknown };
  const own = tokenizer.normalizer ?? [];
  return JSON.stringify({
    ...tokenizer,
    normalizer: { type: "Sequence", normalizers: [{ type: "Lowercase" }, own].flat() },
  });
}

function wordsOf(native: NativeTokenizer, model: Parameters<typeof jsonOf>[0]): WordTokens {
  const wordPiece = readWordPiece(jsonOf(model));
  // Its tokens are not those of one word after the other.
  if (wordPiece === undefined) return { read: () => Promise.resolve(undefined) };
  const tokenise = makeTogether((words) =>
    usable(async () =>
      (await native.encodeBatch([...words], { addSpecialTokens: false })).map((encoding, n) =>
        placedIds(toTokens(words[n] ?? "", encoding)),
      ),
    ),
  );
  return makeWordTokens(wordPiece, tokenise);
}

async function readTexts(texts: readonly string[], native: NativeTokenizer, words: WordTokens): Promise<Read[]> {
  const joined = await Promise.all(texts.map((text) => words.read(text)));
  const whole = texts.filter((_, n) => joined[n] === undefined);
  const encodings = whole.length === 0 ? [] : await native.encodeBatch(whole);
  let next = 0;
  return joined.map((tokens) => {
    const read = tokens ?? encodings[next++];
    if (read === undefined) throw new Error("The tokenizer lost a text");
    return read;
  });
}

function placedIds({ ids, starts, ends }: Tokens): PlacedIds {
  return { ids: [...ids], starts: [...starts], ends: [...ends] };
}

function makeTokenizer(
  native: NativeTokenizer,
  template: Template,
  maxTokens: number,
  words: WordTokens,
  onCall: OnCall,
): TextTokenizer {
  const call = async <T>(texts: number, work: () => Promise<T>): Promise<T> => {
    const startedMs = performance.now();
    const result = await usable(work);
    onCall({ texts, tokeniseMs: performance.now() - startedMs });
    return result;
  };
  const readAll = (texts: readonly string[]): Promise<Read[]> =>
    call(texts.length, () => readTexts(texts, native, words));
  const idsTogether = makeTogether(async (texts) =>
    (await readAll(texts)).map((read) => cutIds(read, template, maxTokens)),
  );
  const together = makeTogether(async (texts) =>
    (await readAll(texts)).map((read, index) => cutTokens(texts[index] ?? "", read, template, maxTokens)),
  );
  return {
    specialTokens: template.leading.length + template.trailing.length,
    leadingTokens: template.leading.length,
    compared: undefined,

    tokenText: (id) => native.idToToken(id) ?? "",

    decode: (ids, { skipSpecialTokens }) => usable(() => native.decode([...ids], skipSpecialTokens)),

    withSpecialTokens(ids) {
      const unknown = ids.find((id) => native.idToToken(id) === null);
      if (unknown !== undefined)
        throw new PolysemeError("invalid", `The model has no token with the id ${unknown}.`, {
          details: { field: "input" },
        });
      const kept = ids.slice(0, maxTokens - template.leading.length - template.trailing.length);
      return Int32Array.from([...template.leading, ...kept, ...template.trailing]);
    },

    tokenize: (texts) => together(texts),

    tokenizeIds: (texts) => idsTogether(texts),

    async tokenizeQuery(text) {
      const [tokens] = await together([text]);
      if (tokens === undefined) throw new Error("The tokenizer lost a text");
      return { ...tokens, seen: tokens.ids.length };
    },

    async tokenizeWhole(text) {
      return call(1, async () => {
        const read = (await words.read(text)) ?? (await native.encode(text, null, { addSpecialTokens: false }));
        return cutTokens(text, read, NO_TEMPLATE, Infinity);
      });
    },
  };
}

/** @throws PolysemeError `unusable_text` when the work fails */
export async function usable<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw new PolysemeError("unusable_text", `The tokenizer refused a text: ${messageOf(error)}`, { cause: error });
  }
}
