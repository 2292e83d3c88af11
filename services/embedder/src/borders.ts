import type { Tokens } from "@polyseme/encoder";

/** How good a place to cut is just before a token; the larger the better. */
export const BORDER = { none: 0, token: 1, word: 2, line: 3, sentence: 4, paragraph: 5 } as const;
export type Border = (typeof BORDER)[keyof typeof BORDER];

/**
 * For each token, what kind of border lies before it. `none` where a cut would fall inside a character that gave
 * several tokens. Sentences by Unicode's rules (UAX 29, as Intl.Segmenter applies them).
 */
export function findBorders(text: string, tokens: Tokens, strategy: "sentence" | "token"): Uint8Array {
  const borders = new Uint8Array(tokens.ids.length);
  const sentences = strategy === "sentence" ? sentenceStarts(text) : undefined;
  let sentence = 0;
  for (let i = 0; i < borders.length; i += 1) {
    const start = tokens.starts[i] ?? 0;
    const before = i === 0 ? 0 : (tokens.ends[i - 1] ?? 0);
    const previousStart = i === 0 ? -1 : (tokens.starts[i - 1] ?? 0);
    let startsSentence = false;
    while (sentences !== undefined && sentence < sentences.length && (sentences[sentence] ?? 0) <= start) {
      startsSentence ||= (sentences[sentence] ?? 0) >= before;
      sentence += 1;
    }
    if (start < before || start <= previousStart) borders[i] = BORDER.none;
    else borders[i] = borderOf(text.slice(before, start), startsSentence, strategy);
  }
  return borders;
}

function borderOf(gap: string, startsSentence: boolean, strategy: "sentence" | "token"): Border {
  if (strategy === "token") return gap === "" ? BORDER.token : BORDER.word;
  if (/\n[^\S\n]*\r?\n/.test(gap)) return BORDER.paragraph;
  if (startsSentence) return BORDER.sentence;
  if (gap.includes("\n")) return BORDER.line;
  return gap === "" ? BORDER.token : BORDER.word;
}

/** Longer than nearly every sentence; the segmenter's time grows with the square of what it is given. */
const WINDOW_CHARACTERS = 4_096;

/** One locale everywhere, so that chunks do not depend on the machine. Making one takes longer than cutting a page. */
const SENTENCES = new Intl.Segmenter("en", { granularity: "sentence" });

/** Offsets at which sentences begin, found window by window: each begins where the last whole sentence ended. */
function sentenceStarts(text: string): number[] {
  const starts: number[] = [];
  let insideSentence = false;
  for (let from = 0; from < text.length;) {
    const window = text.slice(from, from + WINDOW_CHARACTERS);
    const inWindow = Array.from(SENTENCES.segment(window), ({ index }) => from + index);
    const last = inWindow.at(-1) ?? from;
    const reachesEnd = from + window.length === text.length;
    const isOneSentence = last === from;
    const whole = reachesEnd || isOneSentence ? inWindow : inWindow.slice(0, -1);
    starts.push(...(insideSentence ? whole.slice(1) : whole));
    from = reachesEnd || isOneSentence ? from + window.length : last;
    insideSentence = isOneSentence;
  }
  return starts;
}
