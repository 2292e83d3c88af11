import { detachedText } from "@polyseme/core";
import { KIND } from "./bert-characters.ts";
import type { PlacedIds, WordPiece } from "./word-piece.ts";

/**
 * Puts a text's tokens together from those of its words, which it remembers: a fifth of the time that the tokenizer takes for
 * the whole, and places of tokens at the same price. The tokens are the tokenizer's own, as it never looks across words.
 */
export interface WordTokens {
  /**
   * Undefined where the tokenizer itself is to read the text: one with a text of an added token, one that is longer than the
   * calling thread may take, or one of which much is unknown.
   * @throws whatever `tokenise` does
   */
  read(text: string): Promise<PlacedIds | undefined>;
}

/** Some ten megabytes. Rare words are most of all that there are, and come back rarely: past that it begins anew. */
const MOST_WORDS = 50_000;
/** Longer ones are no words, and are not remembered. */
const MOST_UNITS = 64;
/** Some 2 ms on the calling thread. */
const LONGEST_TEXT = 65_536;
/** Of a text's length: more that is unknown costs as much by parts as the whole does. */
const MOST_UNKNOWN = 0.2;

/**
 * @param wordPiece of the tokenizer, for words that it has the characters of
 * @param tokenise the tokenizer itself, without special tokens, for all others
 */
export function makeWordTokens(
  { added, characters, wordPiece }: WordPiece,
  tokenise: (words: readonly string[]) => Promise<readonly PlacedIds[]>,
): WordTokens {
  const known = new Map<string, PlacedIds>();

  function remember(word: string, tokens: PlacedIds): void {
    if (word.length > MOST_UNITS) return;
    if (known.size >= MOST_WORDS) known.clear();
    known.set(detachedText(word), tokens);
  }

  /** @param own parts of its text, kept for it: others may need the room meanwhile */
  function joinWords(text: string, own: ReadonlyMap<string, PlacedIds>): Joined {
    const ids: number[] = [];
    const starts: number[] = [];
    const ends: number[] = [];
    const missing = new Set<string>();
    eachWord(text, characters, (from, to, isPlain) => {
      const word = text.slice(from, to);
      let tokens = known.get(word) ?? own.get(word);
      if (tokens === undefined && isPlain) remember(word, (tokens = wordPiece(word)));
      if (tokens === undefined) {
        missing.add(word);
        return;
      }
      for (let i = 0; i < tokens.ids.length; i += 1) {
        ids.push(tokens.ids[i] ?? 0);
        starts.push(from + (tokens.starts[i] ?? 0));
        ends.push(from + (tokens.ends[i] ?? 0));
      }
    });
    return { tokens: { ids, starts, ends }, missing: [...missing] };
  }

  return {
    async read(text) {
      if (text.length > LONGEST_TEXT || added.some((one) => text.includes(one))) return undefined;
      const own = new Map<string, PlacedIds>();
      for (;;) {
        const { tokens, missing } = joinWords(text, own);
        if (missing.length === 0) return tokens;
        if (unitsOf(missing) > MOST_UNKNOWN * text.length) return undefined;
        const learnt = await tokenise(missing);
        for (const [n, word] of missing.entries()) {
          const ids = learnt[n];
          if (ids === undefined) throw new Error("The tokenizer lost a word");
          own.set(word, ids);
          remember(word, ids);
        }
      }
    },
  };
}

function unitsOf(parts: readonly string[]): number {
  return parts.reduce((units, { length }) => units + length, 0);
}

interface Joined {
  readonly tokens: PlacedIds;
  /** Parts whose tokens are not known. */
  readonly missing: readonly string[];
}

/**
 * The parts of a text that are tokenised by themselves: words and signs; between two spaces where anything else stands, all of
 * it is one part, in which only the tokenizer knows where to cut.
 */
function eachWord(
  text: string,
  { kinds }: WordPiece["characters"],
  onWord: (from: number, to: number, isPlain: boolean) => void,
): void {
  for (let from = 0; from < text.length;) {
    let to = from;
    let isPlain = true;
    for (; to < text.length; to += 1) {
      const kind = kinds[text.charCodeAt(to)] ?? KIND.other;
      if (kind === KIND.space) break;
      isPlain &&= kind !== KIND.other;
    }
    if (!isPlain) onWord(from, to, false);
    else
      for (let at = from; at < to;) {
        let end = at + 1;
        if (kinds[text.charCodeAt(at)] === KIND.letter)
          while (end < to && kinds[text.charCodeAt(end)] === KIND.letter) end += 1;
        onWord(at, end, true);
        at = end;
      }
    from = to + 1;
  }
}
