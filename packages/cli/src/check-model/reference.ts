import { basename } from "node:path";
import { Faults } from "../eval/faults.ts";
import { readObjectLines, type ObjectLine } from "../eval/read-lines.ts";

/** A text, and what another library or server makes of it. */
export interface Reference {
  readonly text: string;
  /** Which of the model's prompts stands before the text. */
  readonly prompt?: "query" | "document";
  /** Token ids, special tokens and prompt included. */
  readonly ids?: readonly number[];
  /** Of whatever length: only its direction counts. */
  readonly embedding: readonly number[];
}

const MOST_REFERENCES = 10_000;

/**
 * References out of NDJSON lines `{text, embedding, ids?, prompt?}`.
 * @throws Error that names each line that cannot be used
 */
export async function readReferences(path: string): Promise<Reference[]> {
  const faults = new Faults();
  const lines = await readObjectLines(path, basename(path), faults);
  const references = lines.map((line) => referenceOf(line, faults)).filter((one) => one !== undefined);
  if (lines.length > MOST_REFERENCES) faults.add(basename(path), `It has more than ${MOST_REFERENCES} lines.`);
  if (lines.length === 0) faults.add(basename(path), "It has no line.");
  faults.throwIfAny();
  return references;
}

function referenceOf({ value, origin }: ObjectLine, faults: Faults): Reference | undefined {
  const { text, prompt, ids, embedding } = value;
  if (typeof text !== "string") faults.add(origin, '"text" must be a text; it may be empty.');
  else if (prompt !== undefined && prompt !== "query" && prompt !== "document")
    faults.add(origin, '"prompt" must be "query" or "document".');
  else if (ids !== undefined && !areNumbers(ids, (id) => Number.isInteger(id) && id >= 0))
    faults.add(origin, '"ids" must be a list of whole numbers.');
  else if (!isDirection(embedding)) faults.add(origin, '"embedding" must be a list of numbers, not all of them 0.');
  else return { text, embedding, ...(prompt === undefined ? {} : { prompt }), ...(ids === undefined ? {} : { ids }) };
  return undefined;
}

/** Whether these numbers are a vector that another one can be compared with. */
export function isDirection(value: unknown): value is readonly number[] {
  return areNumbers(value, Number.isFinite) && value.some((one) => one !== 0);
}

function areNumbers(value: unknown, test: (one: number) => boolean): value is readonly number[] {
  return Array.isArray(value) && value.length > 0 && value.every((one) => typeof one === "number" && test(one));
}
