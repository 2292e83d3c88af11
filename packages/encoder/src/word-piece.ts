import { bertCharacters, type CharacterChanges, type Characters } from "./bert-characters.ts";
import { isRecord, wholeNumber, type Json } from "./json-values.ts";

/** Tokens of a text without special ones; places in UTF-16 units of it. */
export interface PlacedIds {
  readonly ids: readonly number[];
  readonly starts: readonly number[];
  readonly ends: readonly number[];
}

/** A tokenizer whose tokens of a text are those of one word after the other, whatever stands beside. */
export interface WordPiece {
  /** What it finds in texts before it looks for words: a text with one of these is not words alone. */
  readonly added: readonly string[];
  readonly characters: Pick<Characters, "kinds">;
  /** The tokens of a word of nothing but `letter`s, or of one `sign`. */
  readonly wordPiece: (word: string) => PlacedIds;
}

const CUTTER = "BertPreTokenizer";
const PREFIX = "##";
const LONGEST_WORD = 100;

/**
 * What a tokenizer.json says, where it cuts at white space and signs as BERT does and then looks for pieces of each word.
 * Undefined for all others.
 */
export function readWordPiece(tokenizerJson: string): WordPiece | undefined {
  // Others have files of many megabytes, which are not read twice for this.
  if (!tokenizerJson.includes(CUTTER)) return undefined;
  const json: unknown = JSON.parse(tokenizerJson);
  if (!isRecord(json)) return undefined;
  const { model, normalizer = null, pre_tokenizer: cutter, added_tokens: tokens = [] } = json;
  const steps = stepsOf(normalizer);
  if (!isOf(model, "WordPiece") || !isOf(cutter, CUTTER) || steps === undefined) return undefined;
  const added = textsOf(tokens);
  const pieces = readPieces(model);
  if (added === undefined || pieces === undefined) return undefined;
  const characters = bertCharacters(changesOf(steps));
  return { added, characters, wordPiece: (word) => cutWord(characters.changed(word), pieces) };
}

function changesOf(steps: readonly Json[]): CharacterChanges {
  const lowering = steps.filter((step) => step["type"] === "Lowercase" || step["lowercase"] !== false);
  const berts = steps.filter((step) => step["type"] === "BertNormalizer");
  // Left open, accents go where case does.
  const stripping = berts.filter(({ strip_accents: strips, lowercase }) => strips ?? lowercase !== false);
  return { lowers: lowering.length > 0, stripsAccents: stripping.length > 0 };
}

/** Those that look at one character at a time; undefined where others are among them. */
function stepsOf(normalizer: unknown): Json[] | undefined {
  if (normalizer === null) return [];
  if (isOf(normalizer, "BertNormalizer") || isOf(normalizer, "Lowercase")) return [normalizer];
  if (!isOf(normalizer, "Sequence") || !Array.isArray(normalizer["normalizers"])) return undefined;
  const steps = (normalizer["normalizers"] as unknown[]).map(stepsOf);
  return steps.includes(undefined) ? undefined : steps.flatMap((step) => step ?? []);
}

function isOf(part: unknown, type: string): part is Json {
  return isRecord(part) && part["type"] === type;
}

/** Undefined when one is not looked for as it stands: in the normalised text it could be made of something else. */
function textsOf(tokens: unknown): string[] | undefined {
  if (!Array.isArray(tokens)) return undefined;
  const texts = (tokens as unknown[]).map((token) => {
    const content = isRecord(token) && token["normalized"] === false ? token["content"] : undefined;
    return typeof content === "string" && content !== "" ? content : undefined;
  });
  return texts.includes(undefined) ? undefined : texts.flatMap((one) => one ?? []);
}

interface Pieces {
  readonly vocabulary: ReadonlyMap<string, number>;
  /** Of what stands behind a word's first piece. */
  readonly prefix: string;
  readonly unknown: number;
  readonly longestWord: number;
  readonly longestPiece: number;
}

function readPieces(model: Json): Pieces | undefined {
  const { vocab, continuing_subword_prefix: prefix = PREFIX, unk_token: unknownToken } = model;
  if (!isRecord(vocab) || typeof prefix !== "string" || typeof unknownToken !== "string") return undefined;
  const entries = Object.entries(vocab).filter((entry): entry is [string, number] => typeof entry[1] === "number");
  const vocabulary = new Map(entries);
  const unknown = vocabulary.get(unknownToken);
  if (unknown === undefined) return undefined;
  return {
    vocabulary,
    prefix,
    unknown,
    longestWord: wholeNumber(model, "max_input_chars_per_word") ?? LONGEST_WORD,
    longestPiece: entries.reduce((longest, [piece]) => Math.max(longest, piece.length), 0),
  };
}

/**
 * The longest piece that a word begins with, then the longest that the rest begins with, and so on; a word of which some
 * part is no piece is unknown as a whole. (Wu et al. 2016, arXiv:1609.08144, as BERT's tokenizer does it.)
 */
function cutWord(word: string, pieces: Pieces): PlacedIds {
  const { vocabulary, prefix, unknown, longestWord, longestPiece } = pieces;
  const asUnknown = { ids: [unknown], starts: [0], ends: [word.length] };
  if (word.length > longestWord) return asUnknown;
  const [ids, starts, ends]: [number[], number[], number[]] = [[], [], []];
  for (let from = 0; from < word.length;) {
    let to = Math.min(word.length, from + longestPiece);
    let id: number | undefined;
    for (; to > from; to -= 1) {
      const piece = word.slice(from, to);
      id = vocabulary.get(from === 0 ? piece : prefix + piece);
      if (id !== undefined) break;
    }
    if (id === undefined) return asUnknown;
    ids.push(id);
    starts.push(from);
    ends.push(to);
    from = to;
  }
  return { ids, starts, ends };
}
