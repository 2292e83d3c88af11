import { randomInt } from "node:crypto";
import { JOB_LIMITS, JOB_NUMBERS } from "@polyseme/core";
import type { Sql } from "./database.ts";
import { FILTER, filterParams, type FailureFilter } from "./failures.ts";

/** What one statement takes: a second or so, so that nobody waits long for its locks. */
const DOCUMENTS_A_STATEMENT = 10_000;

/**
 * Queues failed documents again, as if they had just been pushed: no attempts, no deaths, jobs of new numbers, which the
 * reconciler puts in the queue at its next pass. Answers how many there were. A second call finds none of them, and what
 * fails again meanwhile is left as it is.
 */
export async function redriveFailures(sql: Sql, filter: FailureFilter): Promise<number> {
  // A little later than now, as the times of failures are rounded.
  const { rows } = await sql.query<{ now: Date }>("select now() + interval '2 milliseconds' as now");
  const now = rows[0]?.now ?? new Date();
  const until = filter.until === undefined || filter.until > now ? now : filter.until;
  let redriven = 0;
  for (;;) {
    const { rowCount } = await sql.query(REDRIVE, [
      ...filterParams({ ...filter, until }),
      DOCUMENTS_A_STATEMENT,
      randomInt(JOB_NUMBERS),
    ]);
    redriven += rowCount;
    if (rowCount < DOCUMENTS_A_STATEMENT) return redriven;
  }
}

/**
 * A job holds documents of one collection and priority. Its number is a sum of three counters that only rise in the order
 * of the rows, so two rows have the same number only where all three are the same.
 */
const REDRIVE = `
with chosen as (
  select d.collection_id, d.id, d.priority, d.text_bytes from polyseme_store.documents d
  where ${FILTER} order by d.failed_at limit $6 for update skip locked
), placed as (
  select collection_id, id,
    dense_rank() over (order by collection_id, priority)
      + (row_number() over everything - 1) / ${JOB_LIMITS.documents}
      + div(sum(text_bytes) over everything, ${JOB_LIMITS.characters}) as place
  from chosen window everything as (order by collection_id, priority, id rows unbounded preceding)
)
update polyseme_store.documents d
set state = 'queued', attempts = 0, deaths = 0, failed_at = null, error_code = null, error_message = null,
  next_attempt_at = now(), job = $7::bigint + p.place::bigint
from placed p where d.collection_id = p.collection_id and d.id = p.id`;
