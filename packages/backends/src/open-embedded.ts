import { join, resolve } from "node:path";
import { runMigrations } from "bullmq";
import { openQueues } from "@polyseme/queue";
import { databaseOver, migrate } from "@polyseme/store";
import type { Backends } from "./backends.ts";
import { lockDataDir } from "./data-dir-lock.ts";
import { openEmbeddedPools } from "./embedded-pool.ts";

/**
 * The embedded stack: Postgres as WebAssembly with pgvector, and BullMQ's Postgres backend in the same session. Data in
 * `dataDir`, which this process has to itself. Committed data survive the death of the process; Postgres in WebAssembly
 * never calls fsync, so there is no promise for the death of the machine.
 * @throws PolysemeError `conflict` when another process has the folder
 */
export async function openEmbedded(
  dataDir: string,
  pid: number,
  options: { onError: (error: Error) => void },
): Promise<Backends> {
  const lock = await lockDataDir(dataDir, pid);
  try {
    // Loaded only here: services on real servers never pay for it.
    const [{ PGlite }, { vector }] = await Promise.all([
      import("@electric-sql/pglite"),
      import("@electric-sql/pglite-pgvector"),
    ]);
    const postgres = await PGlite.create(join(resolve(dataDir), "postgres"), { extensions: { vector } });
    const pools = await openEmbeddedPools((messages) => postgres.execProtocolRaw(messages));
    const database = databaseOver(pools.store);
    await migrate(database);
    await database.withTransaction(async (sql) => {
      await sql.query("create schema if not exists bullmq");
    });
    const client = await pools.store.connect();
    try {
      await runMigrations({
        query: (text: string, values?: readonly unknown[]) => client.query(text, values && [...values]) as never,
      });
      // BullMQ names its tables without a schema; ours are always named with one.
      await client.query("set search_path to bullmq, public");
    } finally {
      client.release();
    }
    const queues = await openQueues({ kind: "postgres", pool: pools.queue }, options);
    return {
      kind: "embedded",
      database,
      queues,
      publishUrl: (url) => lock.publishUrl(url),
      async close() {
        await queues.close();
        await pools.end();
        await postgres.close();
        await lock.release();
      },
    };
  } catch (error) {
    await lock.release();
    throw error;
  }
}
