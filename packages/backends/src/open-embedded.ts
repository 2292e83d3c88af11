import { join, resolve } from "node:path";
import type { PGlite } from "@electric-sql/pglite";
import { runMigrations } from "bullmq";
import { stopInOrder, type StopStep } from "@polyseme/core";
import { openQueues } from "@polyseme/queue";
import { databaseOver, migrate, type PoolLike } from "@polyseme/store";
import type { BackendOptions, Backends } from "./backends.ts";
import { lockDataDir } from "./data-dir-lock.ts";
import { openEmbeddedPools } from "./embedded-pool.ts";

/**
 * The embedded stack: Postgres as WebAssembly with pgvector, and BullMQ's Postgres backend in the same session. Data in
 * `dataDir`, which this process has to itself. Committed data survive the death of the process; Postgres in WebAssembly
 * never calls fsync, so there is no promise for the death of the machine.
 * @throws PolysemeError `conflict` when another process has the folder
 */
export async function openEmbedded(dataDir: string, options: BackendOptions): Promise<Backends> {
  const lock = await lockDataDir(dataDir, options.pid);
  const closing: StopStep[] = [{ name: "the data folder's lock", withinMs: CLOSE_MS, stop: () => lock.release() }];
  const close = (): Promise<void> => stopInOrder(closing);
  try {
    // Loaded only here: services on real servers never pay for it.
    const [{ PGlite }, { vector }] = await Promise.all([
      import("@electric-sql/pglite"),
      import("@electric-sql/pglite-pgvector"),
    ]);
    const postgres = await PGlite.create(join(resolve(dataDir), "postgres"), { extensions: { vector } });
    closing.unshift({ name: "the embedded Postgres", withinMs: CLOSE_MS, stop: () => postgres.close() });
    const pools = await openEmbeddedPools((messages) => runRaw(postgres, messages));
    closing.unshift({ name: "the embedded session", withinMs: CLOSE_MS, stop: () => pools.end() });
    const database = databaseOver(pools.store, { sharedSession: true });
    await migrate(database);
    await prepareQueueSchema(pools.store);
    const queues = await openQueues({ kind: "postgres", pool: pools.queue }, options);
    closing.unshift({ name: "the queues", withinMs: CLOSE_MS, stop: () => queues.close() });
    return { kind: "embedded", database, queues, pools: () => [], publishUrl: (url) => lock.publishUrl(url), close };
  } catch (error) {
    await close().catch(options.onError);
    throw error;
  }
}

const CLOSE_MS = 5_000;

/**
 * By the streaming call: the plain one has the library take every answer apart and keep the parts for its next own query,
 * which never comes, so that memory grows with each statement.
 */
async function runRaw(postgres: PGlite, messages: Uint8Array): Promise<Uint8Array> {
  // A session's first message has no type, and is answered by the plain call alone.
  if (messages[0] === 0) return postgres.execProtocolRaw(messages);
  const parts: Uint8Array[] = [];
  await postgres.execProtocolRawStream(messages, {
    // A copy: what is given lies in the memory of Postgres.
    onRawData: (data) => void parts.push(data.slice()),
  });
  return Buffer.concat(parts);
}

/** BullMQ's tables, and a session that finds them: it names them without a schema; ours are always named with one. */
async function prepareQueueSchema(pool: PoolLike): Promise<void> {
  const client = await pool.connect();
  try {
    await runMigrations({
      query: (text: string, values?: readonly unknown[]) => client.query(text, values && [...values]) as never,
    });
    await client.query("set search_path to bullmq, public");
  } finally {
    client.release();
  }
}
