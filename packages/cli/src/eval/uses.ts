import { basename } from "node:path";
import { wordsOf } from "../words.ts";
import { Faults } from "./faults.ts";
import { readObjectLines, textField, type ObjectLine } from "./read-lines.ts";

/** A word in a text, with the sense that a person gave it there. */
export interface Use {
  /** Where it was read, such as `senses.jsonl:7`. */
  readonly origin: string;
  /** As the file has it; uses of the same word are compared. */
  readonly word: string;
  readonly text: string;
  readonly sense: string;
  /** Of the word in the text, UTF-16 units. */
  readonly start: number;
  readonly end: number;
  readonly split: "train" | "test" | undefined;
}

/** Which uses are known and which are asked for. */
export interface UseSet {
  readonly uses: readonly Use[];
  /** `given`: by the file's `split`; `one out`: every use is asked with all others known. */
  readonly heldOut: "given" | "one out";
}

/**
 * Labelled uses of words: NDJSON lines `{"word", "text", "sense", "span"?: [start, end], "split"?: "train" | "test"}`. Without
 * a span the first place of the word in the text is meant, in the singular or with the ending s or es.
 * @throws Error that names what cannot be used, by file and line
 */
export async function readUses(path: string): Promise<UseSet> {
  const faults = new Faults();
  const uses: Use[] = [];
  for (const line of await readObjectLines(path, basename(path), faults)) {
    const use = readUse(line, faults);
    if (use !== undefined) uses.push(use);
  }
  const first = uses[0];
  const odd = uses.find(({ split }) => (split === undefined) !== (first?.split === undefined));
  if (odd !== undefined) faults.add(odd.origin, 'Either every line has a "split" or none.');
  faults.throwIfAny();
  if (first === undefined) throw new Error(`${path} holds no labelled use.`);
  return { uses, heldOut: first.split === undefined ? "one out" : "given" };
}

function readUse(line: ObjectLine, faults: Faults): Use | undefined {
  const word = textField(line, "word", faults);
  const text = textField(line, "text", faults);
  const sense = textField(line, "sense", faults);
  const { split } = line.value;
  if (split !== undefined && split !== "train" && split !== "test") {
    faults.add(line.origin, '"split" must be "train" or "test".');
    return undefined;
  }
  if (word === undefined || text === undefined || sense === undefined) return undefined;
  const place = line.value["span"] === undefined ? findWord(word, text) : readSpan(line.value["span"], text);
  if (typeof place === "string") {
    faults.add(line.origin, place);
    return undefined;
  }
  return { origin: line.origin, word, text, sense, ...place, split };
}

interface Place {
  readonly start: number;
  readonly end: number;
}

/** The place, or what is wrong. */
function readSpan(span: unknown, text: string): Place | string {
  const [start, end] = Array.isArray(span) ? (span as unknown[]) : [];
  const isPlace = Number.isInteger(start) && Number.isInteger(end) && (span as unknown[]).length === 2;
  if (!isPlace) return '"span" must be [start, end].';
  const place = { start: start as number, end: end as number };
  return 0 <= place.start && place.start < place.end && place.end <= text.length
    ? place
    : `"span" must lie in the text, which has ${text.length} characters.`;
}

function findWord(word: string, text: string): Place | string {
  const wanted = word.toLowerCase();
  const words = wordsOf(text);
  const found = words.find((one) => one.word === wanted) ?? words.find((one) => isPlural(one.word, wanted));
  return found ?? `The text does not hold the word ${JSON.stringify(word)}. Give its "span".`;
}

function isPlural(form: string, word: string): boolean {
  return form === `${word}s` || form === `${word}es`;
}
