/** What a document takes of a batch: UTF-16 units of its text, and as many for the vectors that came with it. */
export function weightOf(document: {
  readonly text: string;
  readonly given?: { readonly chunks: readonly { readonly embedding: Float32Array }[] };
}): number {
  let weight = document.text.length;
  // As bytes go: a unit has two, a number four.
  for (const { embedding } of document.given?.chunks ?? []) weight += embedding.byteLength / 2;
  return weight;
}
