/** A document of one revision, as jobs name it. */
export interface DocumentRef {
  readonly id: string;
  readonly revision: number;
}

/**
 * A list of documents to join with, as `w(collection_id, id, revision)` over the first three parameters. The collection
 * stands in each row: compared with a constant instead, the planner of a table that was never analysed takes the
 * collection for small and reads the whole of it.
 */
export const NAMED = "unnest($1::int[], $2::text[], $3::bigint[]) as w(collection_id, id, revision)";

/**
 * One order in which all statements lock rows, so that two of them over the same documents never wait for each other in a
 * circle. A statement that sorts by itself says `collate "C"`, which is this order but for the rarest characters.
 */
export function inLockOrder<T extends { readonly id: string }>(documents: readonly T[]): T[] {
  return [...documents].sort((a, b) => (a.id < b.id ? -1 : 1));
}

export function namedParams(
  collectionId: number,
  documents: readonly DocumentRef[],
): [collectionIds: number[], ids: string[], revisions: number[]] {
  const sorted = inLockOrder(documents);
  return [sorted.map(() => collectionId), sorted.map(({ id }) => id), sorted.map(({ revision }) => revision)];
}
