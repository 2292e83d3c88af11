import type { Filter } from "@polyseme/core";
import type { Collection } from "./collections.ts";
import type { Database, Sql } from "./database.ts";
import { deleteDocuments } from "./documents.ts";
import { filterCondition, givenInto } from "./filter-condition.ts";

export interface DeleteOptions {
  /** Aborted: no further batch is begun. */
  readonly signal: AbortSignal;
  /** Told how many documents each batch removed. */
  readonly onDeleted: (documents: number) => void;
}

/** Documents found at once. Each search for them begins anew, so there are more of them than are deleted at once. */
const PAGE = 10_000;
/** Documents of one transaction: others wait for their rows. */
const BATCH = 1_000;

/**
 * Removes the documents that a filter keeps, in whatever state, batch by batch in the order of their ids. What is pushed
 * meanwhile may stay; what matches no more when its turn comes stays.
 * @throws PolysemeError `unavailable`; the signal's reason: what was deleted by then is gone, and asked again the rest goes
 */
export async function deleteMatching(
  database: Database,
  collection: Collection,
  filter: Filter,
  { signal, onDeleted }: DeleteOptions,
): Promise<void> {
  let last = "";
  for (;;) {
    const page = await matchingIds(database, collection, filter, last);
    for (let at = 0; at < page.length; at += BATCH) {
      signal.throwIfAborted();
      onDeleted(await deleteDocuments(database, collection, page.slice(at, at + BATCH), filter));
    }
    if (page.length < PAGE) return;
    last = page.at(-1) ?? last;
  }
}

async function matchingIds(sql: Sql, collection: Collection, filter: Filter, after: string): Promise<string[]> {
  const params: unknown[] = [collection.id, after, PAGE];
  const given = givenInto(params);
  const { rows } = await sql.query<{ id: string }>(
    `select d.id from polyseme_store.documents d
     where d.collection_id = $1 and d.id > $2 and ${filterCondition(filter, "d.metadata", given)}
     order by d.id limit $3`,
    params,
  );
  return rows.map(({ id }) => id);
}
