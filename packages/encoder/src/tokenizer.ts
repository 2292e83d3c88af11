import { messageOf, PolysemeError } from "@polyseme/core";
import { Tokenizer as NativeTokenizer, type Encoding } from "tokenizers";
import { markedTokenizer } from "./marked-tokenizer.ts";
import type { ModelFolder } from "./read-model-folder.ts";
import { badModel } from "./read-model-folder.ts";
import { makeTogether } from "./together.ts";
import type { ComparedTokens, QueryTokens, TokenIds, Tokens } from "./types.ts";
import { toUtf16Offsets } from "./utf16-offsets.ts";

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
 * The model's own tokenizer, run on libuv's threads.
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
    const cutTo = (maxTokens: number): TextTokenizer => makeTokenizer(native, template, maxTokens, onCall);
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
  const json = model.lowerCases === true ? lowerCasing(model.tokenizerJson) : model.tokenizerJson;
  const native = NativeTokenizer.fromString(json);
  // Shipped files cut at 128 tokens and pad to 128.
  native.disableTruncation();
  native.disablePadding();
  const { vocabulary = Infinity } = model;
  // Added tokens that no text has may lie beyond; a whole vocabulary is another model's.
  if (native.getVocabSize(false) > vocabulary)
    throw new Error(`it has ${native.getVocabSize(false)} tokens, and the model's table ${vocabulary} rows`);
  return native;
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

function makeTokenizer(native: NativeTokenizer, template: Template, maxTokens: number, onCall: OnCall): TextTokenizer {
  const call = async <T>(texts: number, work: () => Promise<T>): Promise<T> => {
    const startedMs = performance.now();
    const result = await usable(work);
    onCall({ texts, tokeniseMs: performance.now() - startedMs });
    return result;
  };
  const callAll = (texts: readonly string[]): Promise<Encoding[]> =>
    call(texts.length, () => native.encodeBatch([...texts]));
  const idsTogether = makeTogether(async (texts) =>
    (await callAll(texts)).map((encoding) => cutIds(encoding, template, maxTokens)),
  );
  const together = makeTogether(async (texts) =>
    (await callAll(texts)).map((encoding, index) => cutTokens(texts[index] ?? "", encoding, template, maxTokens)),
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
      const encoding = await call(1, () => native.encode(text, null, { addSpecialTokens: false }));
      return toTokens(text, readTokens(encoding), false);
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

/** What the tokenizer puts around a text. */
interface Template {
  /** Ids of the special tokens before the text, and behind it. */
  readonly leading: readonly number[];
  readonly trailing: readonly number[];
}

async function probeTemplate(native: NativeTokenizer): Promise<Template> {
  const encoding = await native.encode("a");
  const ids = encoding.getIds();
  const special = encoding.getSpecialTokensMask();
  const first = special.indexOf(0);
  if (first < 0) throw new Error("it gives no token for the letter a");
  return { leading: ids.slice(0, first), trailing: ids.slice(special.lastIndexOf(0) + 1) };
}

/**
 * A text with too many tokens loses the last of its own, never the special tokens behind them: models are trained to
 * see those, and a vector without them is another one.
 */
function cutTokens(text: string, encoding: Encoding, template: Template, maxTokens: number): Tokens {
  if (encoding.getLength() <= maxTokens) return toTokens(text, readTokens(encoding), false);
  encoding.truncate(maxTokens - template.trailing.length, 0, "right");
  const trailing = template.trailing.map(() => 0);
  const tail: RawTokens = {
    ids: [...template.trailing],
    offsets: trailing.map(() => [0, 0]),
    special: trailing.map(() => 1),
  };
  return toTokens(text, joined([readTokens(encoding), tail]), true);
}

/** The ids alone: reading offsets out of the native library costs as much as tokenising. */
function cutIds(encoding: Encoding, template: Template, maxTokens: number): TokenIds {
  if (encoding.getLength() <= maxTokens) return { ids: Int32Array.from(encoding.getIds()), truncated: false };
  encoding.truncate(maxTokens - template.trailing.length, 0, "right");
  return { ids: Int32Array.from([...encoding.getIds(), ...template.trailing]), truncated: true };
}

interface RawTokens {
  readonly ids: number[];
  /** [start, end] in code points. */
  readonly offsets: number[][];
  readonly special: number[];
}

function readTokens(encoding: Encoding): RawTokens {
  return { ids: encoding.getIds(), offsets: encoding.getOffsets(), special: encoding.getSpecialTokensMask() };
}

function joined(parts: readonly RawTokens[]): RawTokens {
  return {
    ids: parts.flatMap(({ ids }) => ids),
    offsets: parts.flatMap(({ offsets }) => offsets),
    special: parts.flatMap(({ special }) => special),
  };
}

function toTokens(text: string, raw: RawTokens, truncated: boolean): Tokens {
  const starts = Int32Array.from(raw.offsets, ([start = 0]) => start);
  const ends = Int32Array.from(raw.offsets, ([, end = 0]) => end);
  return {
    ids: Int32Array.from(raw.ids),
    ...toUtf16Offsets(text, { starts, ends }),
    special: Uint8Array.from(raw.special),
    truncated,
  };
}
