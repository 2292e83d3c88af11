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

export function namedParams(
  collectionId: number,
  documents: readonly DocumentRef[],
): [collectionIds: number[], ids: string[], revisions: number[]] {
  return [documents.map(() => collectionId), documents.map(({ id }) => id), documents.map(({ revision }) => revision)];
}
