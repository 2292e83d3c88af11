import { weightOf } from "./document-weight.ts";

export interface GroupLimits {
  readonly documents: number;
  /** UTF-16 units of all texts, and as much of the vectors that came with them. */
  readonly characters: number;
}

interface Waiting {
  readonly batch: {
    readonly collection: string;
    readonly documents: readonly ({ readonly id: string } & Parameters<typeof weightOf>[0])[];
  };
}

/**
 * Removes from `waiting` what goes into one statement: the batch at the front, and behind it those of the same collection
 * that fit and share no id with what is taken already.
 */
export function takeGroup<T extends Waiting>(waiting: T[], limits: GroupLimits): T[] {
  const [first] = waiting;
  if (first === undefined) return [];
  const group: T[] = [];
  const left: T[] = [];
  const ids = new Set<string>();
  let documents = 0;
  let characters = 0;
  for (const next of waiting) {
    const { batch } = next;
    const size = batch.documents.reduce((sum, document) => sum + weightOf(document), 0);
    const fits =
      group.length === 0 ||
      (documents + batch.documents.length <= limits.documents && characters + size <= limits.characters);
    const ofSameCollection = batch.collection === first.batch.collection;
    const isNew = batch.documents.every(({ id }) => !ids.has(id));
    if (!ofSameCollection || !fits || !isNew) {
      left.push(next);
      continue;
    }
    group.push(next);
    for (const { id } of batch.documents) ids.add(id);
    documents += batch.documents.length;
    characters += size;
  }
  waiting.splice(0, waiting.length, ...left);
  return group;
}
