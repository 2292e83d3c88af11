import type { Encoding, Tokenizer as NativeTokenizer } from "tokenizers";
import type { TokenIds, Tokens } from "./types.ts";
import { toUtf16Offsets } from "./utf16-offsets.ts";
import type { PlacedIds } from "./word-piece.ts";

/** A text as the tokenizer gives it, special tokens included, or its own tokens alone. */
export type Read = Encoding | PlacedIds;

/** What the tokenizer puts around a text. */
export interface Template {
  /** Ids of the special tokens before the text, and behind it. */
  readonly leading: readonly number[];
  readonly trailing: readonly number[];
}

export async function probeTemplate(native: NativeTokenizer): Promise<Template> {
  const encoding = await native.encode("a");
  const ids = encoding.getIds();
  const special = encoding.getSpecialTokensMask();
  const first = special.indexOf(0);
  if (first < 0) throw new Error("it gives no token for the letter a");
  return { leading: ids.slice(0, first), trailing: ids.slice(special.lastIndexOf(0) + 1) };
}

export const NO_TEMPLATE: Template = { leading: [], trailing: [] };

/**
 * A text with too many tokens loses the last of its own, never the special tokens behind them: models are trained to
 * see those, and a vector without them is another one.
 */
export function cutTokens(text: string, read: Read, template: Template, maxTokens: number): Tokens {
  if ("ids" in read) return around(read, template, maxTokens);
  const encoding = read;
  if (encoding.getLength() <= maxTokens) return toTokens(text, encoding);
  encoding.truncate(maxTokens - template.trailing.length, 0, "right");
  const trailing = template.trailing.map(() => 0);
  const tail: RawTokens = {
    ids: [...template.trailing],
    offsets: trailing.map(() => [0, 0]),
    special: trailing.map(() => 1),
  };
  return placed(text, joined([readTokens(encoding), tail]), true);
}

/** The ids alone: reading offsets out of the native library costs as much as tokenising. */
export function cutIds(read: Read, template: Template, maxTokens: number): TokenIds {
  if ("ids" in read) return idsAround(read.ids, template, maxTokens);
  const encoding = read;
  if (encoding.getLength() <= maxTokens) return { ids: Int32Array.from(encoding.getIds()), truncated: false };
  encoding.truncate(maxTokens - template.trailing.length, 0, "right");
  return { ids: Int32Array.from([...encoding.getIds(), ...template.trailing]), truncated: true };
}

function idsAround(own: readonly number[], { leading, trailing }: Template, maxTokens: number): TokenIds {
  const room = Math.max(0, maxTokens - leading.length - trailing.length);
  const kept = own.length > room ? own.slice(0, room) : own;
  const ids = new Int32Array(leading.length + kept.length + trailing.length);
  ids.set(leading);
  ids.set(kept, leading.length);
  ids.set(trailing, leading.length + kept.length);
  return { ids, truncated: kept.length < own.length };
}

/** Special tokens have no place in the text. */
function around({ ids: own, starts, ends }: PlacedIds, template: Template, maxTokens: number): Tokens {
  const { ids, truncated } = idsAround(own, template, maxTokens);
  const first = template.leading.length;
  const count = ids.length - first - template.trailing.length;
  const inAll = (places: readonly number[]): Int32Array => {
    const all = new Int32Array(ids.length);
    all.set(count === places.length ? places : places.slice(0, count), first);
    return all;
  };
  const special = new Uint8Array(ids.length).fill(1).fill(0, first, first + count);
  return { ids, starts: inAll(starts), ends: inAll(ends), special, truncated };
}

/** All of a text's tokens as the tokenizer gives them. */
export function toTokens(text: string, encoding: Encoding): Tokens {
  return placed(text, readTokens(encoding), false);
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

function placed(text: string, raw: RawTokens, truncated: boolean): Tokens {
  const starts = Int32Array.from(raw.offsets, ([start = 0]) => start);
  const ends = Int32Array.from(raw.offsets, ([, end = 0]) => end);
  return {
    ids: Int32Array.from(raw.ids),
    ...toUtf16Offsets(text, { starts, ends }),
    special: Uint8Array.from(raw.special),
    truncated,
  };
}
