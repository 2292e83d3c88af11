import { chunkTable, listCollections, type Collection } from "../collections.ts";
import type { Sql } from "../database.ts";
import { listIndexes, type BuiltIndex } from "./list-indexes.ts";

/** What advice on a collection's indexes rests on. */
export interface IndexHealth {
  readonly collection: Collection;
  /** The live generation's table. */
  readonly table: string;
  readonly chunks: number;
  /** Rows that were deleted or replaced and still take space, in the table and in its indexes. */
  readonly deadChunks: number;
  readonly built: readonly BuiltIndex[];
}

export interface ServerHealth {
  readonly pgvector: string;
  readonly sharedBuffersBytes: number;
  /** Of all graphs together. */
  readonly graphBytes: number;
  readonly collections: readonly IndexHealth[];
}

/** Reads what Postgres and the collections say of their indexes; cheap. */
export async function readIndexHealth(sql: Sql): Promise<ServerHealth> {
  const { rows } = await sql.query<{ pgvector: string; sharedBuffersBytes: number }>(
    `select (select extversion from pg_extension where extname = 'vector') as pgvector,
       pg_size_bytes(current_setting('shared_buffers')) as "sharedBuffersBytes"`,
  );
  const { pgvector = "0", sharedBuffersBytes = 0 } = rows[0] ?? {};
  const collections: IndexHealth[] = [];
  for (const collection of await listCollections(sql)) collections.push(await healthOf(sql, collection));
  const graphBytes = collections
    .flatMap(({ built }) => built)
    .reduce((sum, { kind, bytes }) => sum + (kind === "vector" ? bytes : 0), 0);
  return { pgvector, sharedBuffersBytes, graphBytes, collections };
}

async function healthOf(sql: Sql, collection: Collection): Promise<IndexHealth> {
  const table = chunkTable(collection.id, collection.generation.number);
  const { rows } = await sql.query<{ chunks: number; deadChunks: number }>(
    `select n_live_tup as chunks, n_dead_tup as "deadChunks" from pg_stat_all_tables where relid = to_regclass('${table}')`,
  );
  const { chunks = 0, deadChunks = 0 } = rows[0] ?? {};
  return { collection, table, chunks, deadChunks, built: await listIndexes(sql, collection) };
}
