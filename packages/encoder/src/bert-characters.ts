/** What a character is to a tokenizer that cuts as BERT does; `other`: only the tokenizer itself can say. */
export const KIND = { other: 0, space: 1, sign: 2, letter: 3 } as const;
type Kind = (typeof KIND)[keyof typeof KIND];

/** How characters are changed before the cut. */
export interface CharacterChanges {
  readonly lowers: boolean;
  readonly stripsAccents: boolean;
}

export interface Characters {
  /** By UTF-16 unit; those beyond the end are `other`. */
  readonly kinds: Uint8Array;
  /** A word of letters as its pieces are looked for, of the same length. */
  changed(word: string): string;
}

/** Latin letters, and the dashes, quotes and dots of print: most of what stands beside ASCII in texts of Latin script. */
const RANGES = [
  [0, 0x250],
  [0x2010, 0x2028],
] as const;
const END = 0x2028;
const ASCII = /^[ -~]*$/;

/**
 * Space, signs and letters as BERT's normaliser and cutter have them. What is taken out, becomes several characters, or may
 * do something to its neighbours is `other`.
 */
export function bertCharacters(changes: CharacterChanges): Characters {
  const kinds = new Uint8Array(END).fill(KIND.other);
  const changed = new Map<string, string>();
  for (const [from, to] of RANGES)
    for (let unit = from; unit < to; unit += 1) {
      const character = String.fromCharCode(unit);
      const after = change(character, changes);
      kinds[unit] = kindOf(character, after);
      changed.set(character, after);
    }
  return {
    kinds,
    changed(word) {
      if (ASCII.test(word)) return changes.lowers ? word.toLowerCase() : word;
      return Array.from(word, (character) => changed.get(character) ?? character).join("");
    },
  };
}

function change(character: string, { lowers, stripsAccents }: CharacterChanges): string {
  const bare = stripsAccents ? character.normalize("NFD").replace(/\p{Mn}/gu, "") : character;
  return lowers ? bare.toLowerCase() : bare;
}

function kindOf(character: string, after: string): Kind {
  // Others are spaces to some tokenizers only, or are taken out.
  if (/[ \t\n\r]/.test(character)) return KIND.space;
  if (after.length !== 1 || /[\p{C}\p{Z}\p{M}]/u.test(character + after)) return KIND.other;
  // BERT takes all of ASCII's signs for punctuation, and no symbol beyond it.
  return /[!-/:-@[-`{-~]|\p{P}/u.test(after) ? KIND.sign : KIND.letter;
}
