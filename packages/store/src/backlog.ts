import type { Sql } from "./database.ts";
import { WORKER_LIVES } from "./workers.ts";

/** What waits in all collections, and who is there to do it. */
export interface Backlog {
  readonly pendingDocuments: number;
  /** Estimated from the bytes of their texts. */
  readonly pendingTokens: number;
  /** null: nothing waits. */
  readonly oldestPendingAgeSeconds: number | null;
  /** Embedders whose heartbeat is fresh. */
  readonly workers: number;
  /** What the living workers that measured anything reach together. */
  readonly tokensPerSecond: number;
  /** What one worker reaches: the mean of the living, else the last that was measured; null: none ever was. */
  readonly tokensPerSecondOfOne: number | null;
}

/** How long the backlog will take. */
export interface DrainEstimate {
  /** Time one worker alone would need; it does not depend on how many there are. */
  readonly workerSeconds: number;
  /** Time the living workers need; infinite when something waits and none lives. */
  readonly seconds: number;
  /** False: no worker ever measured its rate, so a guess stands in for it. */
  readonly measured: boolean;
}

/** Tokens in a byte of ordinary English text, for texts that were not tokenised yet. */
export const TOKENS_PER_BYTE = 0.25;

/**
 * Stands in for a rate that nobody measured yet. A core encodes some 7,000 tokens/s with the bundled model; guessing less
 * asks for a worker too many for the half minute until one has measured, guessing more lets people wait.
 */
export const ASSUMED_TOKENS_PER_SECOND = 5_000;

/** Reads from an index alone, so it costs by what waits (95 ms a million documents), not by what is stored. */
export async function readBacklog(sql: Sql): Promise<Backlog> {
  const { rows } = await sql.query<Omit<Backlog, "pendingTokens"> & { pendingBytes: number }>(
    `select p.*, w.* from
       (select count(*)::int8 as "pendingDocuments", coalesce(sum(text_bytes), 0)::int8 as "pendingBytes",
          extract(epoch from now() - min(received_at))::float8 as "oldestPendingAgeSeconds"
        from polyseme_store.documents where state <> 'stored' and state <> 'failed') p,
       (select count(*) filter (where ${WORKER_LIVES})::int as workers,
          coalesce(sum(tokens_per_second) filter (where ${WORKER_LIVES}), 0) as "tokensPerSecond",
          coalesce(avg(tokens_per_second) filter (where ${WORKER_LIVES}),
            (array_agg(tokens_per_second order by heartbeat_at desc) filter (where tokens_per_second is not null))[1]
          ) as "tokensPerSecondOfOne"
        from polyseme_store.workers) w`,
  );
  const row = rows[0];
  if (row === undefined) throw new Error("An aggregate without a row");
  const { pendingBytes, ...rest } = row;
  return { ...rest, pendingTokens: pendingBytes * TOKENS_PER_BYTE };
}

/** Workers that have not measured yet count as one like the others. */
export function estimateDrain({ pendingTokens, workers, tokensPerSecondOfOne }: Backlog): DrainEstimate {
  const measured = tokensPerSecondOfOne !== null && tokensPerSecondOfOne > 0;
  const workerSeconds = pendingTokens / (measured ? tokensPerSecondOfOne : ASSUMED_TOKENS_PER_SECOND);
  return { workerSeconds, seconds: pendingTokens === 0 ? 0 : workerSeconds / workers, measured };
}
