import { charactersOf, type CheckedDocument } from "@polyseme/core";

/** What a document takes of a batch: UTF-16 units of its text and sections, and as many for the vectors that came with it. */
export function weightOf(document: Pick<CheckedDocument, "text" | "sectionsJson" | "given">): number {
  let weight = charactersOf(document);
  // As bytes go: a unit has two, a number four.
  for (const { embedding } of document.given?.chunks ?? []) weight += embedding.byteLength / 2;
  return weight;
}
