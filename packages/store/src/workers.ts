import type { Sql } from "./database.ts";

/** Heartbeats come every few seconds; a worker without one for this long is gone. */
const ALIVE_SECONDS = 30;

/** SQL that is true for the workers that live. */
export const WORKER_LIVES = `(stopped_at is null and heartbeat_at > now() - interval '${ALIVE_SECONDS} seconds')`;

/** Says that a worker lives and how fast it was lately; forgets those long gone, but for the last that measured a rate. */
export async function recordHeartbeat(sql: Sql, worker: { id: string; tokensPerSecond: number | null }): Promise<void> {
  await sql.query(
    `with forgotten as (
       delete from polyseme_store.workers where heartbeat_at < now() - interval '1 hour'
         and id is distinct from (select id from polyseme_store.workers where tokens_per_second is not null
           order by heartbeat_at desc limit 1))
     insert into polyseme_store.workers (id, tokens_per_second) values ($1, $2)
     on conflict (id) do update set heartbeat_at = now(),
       tokens_per_second = coalesce(excluded.tokens_per_second, polyseme_store.workers.tokens_per_second)`,
    [worker.id, worker.tokensPerSecond],
  );
}

/** Takes a worker that stopped off the living; its last rate stays known. */
export async function recordStop(sql: Sql, workerId: string): Promise<void> {
  await sql.query("update polyseme_store.workers set stopped_at = now() where id = $1", [workerId]);
}
