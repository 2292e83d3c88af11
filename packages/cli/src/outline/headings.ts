import type { Section } from "@polyseme/core";
import type { Part } from "./part.ts";
import { tidySections } from "./tidy.ts";

export interface Heading {
  /** UTF-16 offset of the line or element that holds it. */
  readonly start: number;
  /** 1 to 6. */
  readonly level: number;
  readonly name: string;
}

/**
 * The sections of a text whose headings are known, such as that of a web page.
 * @param headings in the order of the text, each with the offsets of its words
 */
export function headingSections(
  text: string,
  headings: readonly { readonly level: number; readonly start: number; readonly end: number }[],
): Section[] {
  const named = headings.map(({ level, start, end }) => ({ level, start, name: text.slice(start, end) }));
  return tidySections(headingParts(named), text.length);
}

/**
 * A part for each heading, under those of the lower levels before it.
 * @param headings in the order of the text
 * @param root stands above all of them
 */
export function headingParts(headings: readonly Heading[], root?: string): Part[] {
  const above: Heading[] = [];
  const parts: Part[] = [];
  for (const heading of headings) {
    while (above.length > 0 && (above.at(-1)?.level ?? 0) >= heading.level) above.pop();
    above.push(heading);
    const path = above.map(({ name }) => name);
    if (heading.start > (parts.at(-1)?.start ?? -1))
      parts.push({ start: heading.start, path: root === undefined ? path : [root, ...path] });
  }
  return parts;
}
