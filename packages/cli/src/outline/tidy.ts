import { CONTEXT_SEPARATOR, SECTION_LIMITS, type Section } from "@polyseme/core";
import type { Part } from "./part.ts";

/** Some fifty tokens: a part below this says too little to be found by itself. */
const SMALL_CHARACTERS = 200;
/** A name that is longer is a sentence, and its beginning is enough. */
const NAME_CHARACTERS = 120;

/**
 * Parts as sections of a document. A small part is joined to the one behind it where it stands above it (a heading without
 * a text, the head of a class), which keeps that one's context, and two small neighbours under the same name are joined
 * under this name. Contexts that are too long lose their outermost names. Behind the last section that a document may have,
 * the rest is one without context.
 * @param parts in the order of the text, no two at one place
 * @param length of the text
 */
export function tidySections(parts: readonly Part[], length: number): Section[] {
  const [first] = parts;
  if (first === undefined) return [];
  const all = first.start > 0 ? [{ start: 0, path: [] }, ...parts] : parts;
  const kept: Kept[] = [];
  for (const [index, part] of all.entries()) {
    const end = all[index + 1]?.start ?? length;
    const before = kept.at(-1);
    const joined = before === undefined ? undefined : join(before, { ...part, end });
    if (joined === undefined) kept.push({ ...part, isMixed: false });
    else kept[kept.length - 1] = joined;
  }
  const sections = kept.slice(0, SECTION_LIMITS.sections).map(({ start, path }, index): Section => {
    const isRest = index === SECTION_LIMITS.sections - 1 && kept.length > SECTION_LIMITS.sections;
    const context = isRest ? "" : contextOf(path);
    return context === "" ? { start } : { start, context };
  });
  // One part with nothing to say of it is the text as it is.
  return sections.length === 1 && sections[0]?.context === undefined ? [] : sections;
}

interface Kept extends Part {
  /** Of several neighbours: what is behind them is not theirs, though it stands under the same name. */
  readonly isMixed: boolean;
}

/** Both as one, or undefined when they are better apart. */
function join(before: Kept, part: Part & { readonly end: number }): Kept | undefined {
  const { start, path, isMixed } = before;
  if (part.start - start >= SMALL_CHARACTERS) return undefined;
  const shared = commonLength(path, part.path);
  const isAbove = shared === path.length && part.path.length > shared;
  if (isAbove && !isMixed) return { start, path: part.path, isMixed };
  const isBeside = shared >= Math.max(path.length, part.path.length) - 1;
  if (!isBeside || part.end - part.start >= SMALL_CHARACTERS) return undefined;
  return { start, path: path.slice(0, shared), isMixed: true };
}

function commonLength(some: readonly string[], others: readonly string[]): number {
  let length = 0;
  while (length < some.length && length < others.length && some[length] === others[length]) length += 1;
  return length;
}

function contextOf(path: readonly string[]): string {
  const names = path.map(nameOf).filter((name) => name !== "");
  while (names.join(CONTEXT_SEPARATOR).length > SECTION_LIMITS.contextChars) names.shift();
  return names.join(CONTEXT_SEPARATOR);
}

/** On one line, storable, and not too long. */
function nameOf(given: string): string {
  const name = given
    // Enough for what is kept, however long it is.
    .slice(0, 4 * NAME_CHARACTERS)
    .replaceAll("\u0000", "")
    .replace(/\s+/g, " ")
    .trim();
  return (name.length > NAME_CHARACTERS ? `${name.slice(0, NAME_CHARACTERS - 1)}…` : name).toWellFormed();
}
