import type { DocumentState } from "./documents.ts";
import type { Sql } from "./database.ts";

/** Documents in all collections that are counted one by one; from here on Postgres's own estimate will do. */
const COUNTED_UP_TO = 1_000_000;

/**
 * Documents by state, in all collections. Those that are not stored are counted from the index that holds them alone;
 * those stored are counted up to a million and estimated from there, because counting costs by their number.
 */
export async function countDocumentStates(sql: Sql): Promise<Record<DocumentState, number>> {
  const counts: Record<DocumentState, number> = { queued: 0, embedding: 0, stored: 0, failed: 0 };
  const { rows } = await sql.query<{ state: DocumentState; documents: number }>(
    `select state, count(*)::int8 as documents from polyseme_store.documents where state <> 'stored' group by state`,
  );
  for (const { state, documents } of rows) counts[state] = documents;
  const others = rows.reduce((sum, { documents }) => sum + documents, 0);
  // An estimate of -1: never analysed yet, so there are few.
  const { rows: estimates } = await sql.query<{ documents: number }>(
    "select reltuples::float8 as documents from pg_class where oid = 'polyseme_store.documents'::regclass",
  );
  const estimated = estimates[0]?.documents ?? -1;
  const total = estimated < COUNTED_UP_TO ? await countAll(sql) : Math.round(estimated);
  counts.stored = Math.max(0, total - others);
  return counts;
}

/** From the smallest index: to ask for the state as well would read every row. */
async function countAll(sql: Sql): Promise<number> {
  const { rows } = await sql.query<{ documents: number }>(
    "select count(*)::int8 as documents from polyseme_store.documents",
  );
  return rows[0]?.documents ?? 0;
}
