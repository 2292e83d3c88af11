/** An index that is to be there. */
export interface IndexSpec {
  /** Made by `indexName`; another definition has another name, so that a change is a new index. */
  readonly name: string;
  readonly kind: IndexKind;
  /** The table, with its schema. */
  readonly on: string;
  /** All that follows it, such as `using gin (words)`, with `where …` if it is of some rows only. */
  readonly using: string;
}

export const INDEX_KINDS = ["vector", "text", "metadata"] as const;
export type IndexKind = (typeof INDEX_KINDS)[number];

/** Where the tables are, and so their indexes. */
export const INDEX_SCHEMA = "polyseme_store";

const NAME = /^(vector|text|metadata)_(\d+)_[a-z0-9_]+$/;
/** Postgres cuts longer names off, and two of them could become one. */
const MOST_CHARACTERS = 63;

/**
 * The name of a collection's index, by which it is found again.
 * @param rest small letters, digits and _: what tells it from the collection's others of the kind, its generation included
 * where its table is of one
 * @throws Error when it is not a name that `listIndexes` finds
 */
export function indexName(kind: IndexKind, collectionId: number, rest: string): string {
  const name = `${kind}_${collectionId}_${rest}`;
  if (!NAME.test(name) || name.length > MOST_CHARACTERS) throw new Error(`Not a name of an index: ${name}`);
  return name;
}

/** Undefined: not an index that `indexName` named. */
export function parseIndexName(name: string): { kind: IndexKind; collectionId: number } | undefined {
  const [, kind, collection] = NAME.exec(name) ?? [];
  const known = INDEX_KINDS.find((one) => one === kind);
  return known === undefined ? undefined : { kind: known, collectionId: Number(collection) };
}
