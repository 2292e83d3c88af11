import type { Sql } from "../database.ts";
import { INDEX_SCHEMA, parseIndexName, type IndexKind } from "./index-spec.ts";

export interface BuiltIndex {
  readonly name: string;
  readonly kind: IndexKind;
  /** `invalid`: a build that was cut off; nothing uses it, and every write still pays for it. */
  readonly state: "building" | "ready" | "invalid";
  /** While it is built, from 0 to 1; an estimate. */
  readonly progress?: number;
  readonly bytes: number;
}

interface Row {
  name: string;
  valid: boolean;
  bytes: number;
  phase: string | null;
  blocksDone: number | null;
  blocksTotal: number | null;
  tuplesDone: number | null;
  tuplesTotal: number | null;
}

/** The indexes of a collection that are kept by its settings, those of other generations included. */
export async function listIndexes(sql: Sql, collection: { readonly id: number }): Promise<BuiltIndex[]> {
  return (await listNamed(sql, `^(vector|text|metadata)_${collection.id}_`)).map(({ index }) => index);
}

/** The same of all collections, by their numbers. */
export async function listAllIndexes(sql: Sql): Promise<Map<number, BuiltIndex[]>> {
  const all = new Map<number, BuiltIndex[]>();
  for (const { collectionId, index } of await listNamed(sql, "^(vector|text|metadata)_\\d+_"))
    all.set(collectionId, [...(all.get(collectionId) ?? []), index]);
  return all;
}

async function listNamed(sql: Sql, pattern: string): Promise<{ collectionId: number; index: BuiltIndex }[]> {
  const { rows } = await sql.query<Row>(
    `select c.relname as name, i.indisvalid as valid, pg_relation_size(c.oid) as bytes, p.phase,
       p.blocks_done as "blocksDone", p.blocks_total as "blocksTotal", p.tuples_done as "tuplesDone",
       p.tuples_total as "tuplesTotal"
     from pg_class c
     join pg_index i on i.indexrelid = c.oid
     left join pg_stat_progress_create_index p on p.index_relid = c.oid
     where c.relnamespace = '${INDEX_SCHEMA}'::regnamespace and c.relname ~ $1
     order by c.relname`,
    [pattern],
  );
  return rows.flatMap((row) => {
    const parsed = parseIndexName(row.name);
    return parsed === undefined ? [] : [{ collectionId: parsed.collectionId, index: builtIndex(row, parsed.kind) }];
  });
}

function builtIndex(row: Row, kind: IndexKind): BuiltIndex {
  const { name, bytes, phase, valid } = row;
  const known = { name, kind, bytes };
  if (valid) return { ...known, state: "ready" };
  if (phase === null) return { ...known, state: "invalid" };
  return { ...known, state: "building", progress: progressOf(row) };
}

/** Indexes of collections that are gone, on tables which they shared with others. */
export async function listOrphans(sql: Sql): Promise<string[]> {
  const { rows } = await sql.query<{ name: string }>(
    `select c.relname as name from pg_class c
     where c.relnamespace = '${INDEX_SCHEMA}'::regnamespace and c.relkind = 'i' and c.relname ~ '^(vector|text|metadata)_\\d+_'
       and not exists (select from polyseme_store.collections k where k.id = split_part(c.relname, '_', 2)::int)
       and not exists (select from polyseme_store.unused_tables u join pg_index i on i.indrelid = to_regclass(u.name)
         where i.indexrelid = c.oid)`,
  );
  return rows.map(({ name }) => name);
}

/** Shares of a concurrent build: filling the index, then reading the table once more for rows that came meanwhile. */
const BUILD_SHARE = 0.9;

/** How far a build is, by the phase that Postgres says it is in. */
export function progressOf(row: Omit<Row, "name" | "valid" | "bytes">): number {
  const { phase } = row;
  if (phase === null) return 0;
  const share = (done: number | null, total: number | null): number =>
    total === null || total === 0 ? 0 : Math.min(1, (done ?? 0) / total);
  if (phase.startsWith("building index"))
    return BUILD_SHARE * Math.max(share(row.blocksDone, row.blocksTotal), share(row.tuplesDone, row.tuplesTotal));
  if (phase.startsWith("index validation: scanning table"))
    return BUILD_SHARE + (1 - BUILD_SHARE) * share(row.blocksDone, row.blocksTotal);
  // Waiting for others comes before the build, and between it and the end.
  return phase === "initializing" || phase === "waiting for writers before build" ? 0 : BUILD_SHARE;
}
