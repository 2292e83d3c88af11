import type { SourceDatabase } from "./connection.ts";
import type { RowSource } from "./row-source.ts";

/**
 * Where to look for changes from. A transaction takes its time or number early and commits late, so a row can become
 * visible after rows with a later cursor were read. What is read again for that reason is known by its content and not sent.
 */
export interface Horizon {
  /** Before this no transaction that runs now began: what commits from now on has at least this time. */
  readonly time: string;
  readonly timeMs: number;
  /** False when other users' transactions cannot be seen: `time` is five minutes ago then. */
  readonly seesAll: boolean;
}

/** A number that was the greatest at a time. */
export interface NumberMark {
  readonly atMs: number;
  readonly number: string;
}

/** A transaction has its time a moment before it is listed, and two clocks of one system may differ. */
const OVERLAP = "interval '2 s'";
const BLIND_OVERLAP = "interval '5 min'";
/** Of a prepared transaction only the end of its work is known. */
const PREPARED_OVERLAP = "interval '1 h'";
const MAX_MARKS = 500;

/** To be asked before the rows are: what begins in between begins after the horizon. */
export async function askHorizon(database: SourceDatabase): Promise<Horizon> {
  const [row] = await database.rows<{ time: string; ms: number; hidden: boolean }>(
    `select low::text as time, extract(epoch from low)::float8 * 1000 as ms, hidden from (
       select hidden, case when hidden then now - ${BLIND_OVERLAP}
         else least(now, oldest, (select min(prepared) - ${PREPARED_OVERLAP} from pg_prepared_xacts
           where database = current_database())) - ${OVERLAP} end as low
       from (
         select clock_timestamp() as now, min(xact_start) as oldest,
           coalesce(bool_or(query = '<insufficient privilege>'), false) as hidden
         from pg_stat_activity
         where datname = current_database() and pid <> pg_backend_pid() and backend_type <> 'autovacuum worker'
       ) as running
     ) as found`,
  );
  if (row === undefined) throw new Error("The source tells nothing of its transactions.");
  return { time: row.time, timeMs: row.ms, seesAll: !row.hidden };
}

/** The greatest number of the source, with the time before it was looked for; undefined while there is no row. */
export async function askGreatest(
  database: SourceDatabase,
  { from, cursor }: RowSource,
): Promise<NumberMark | undefined> {
  const column = cursor?.column ?? "null";
  const [row] = await database.rows<{ ms: number; number: string | null }>(
    `select extract(epoch from clock_timestamp())::float8 * 1000 as ms, max(${column})::text as number from ${from}`,
  );
  return row?.number === null || row === undefined ? undefined : { atMs: row.ms, number: row.number };
}

/**
 * The number to look from: the greatest one at a time before any running transaction began, for those take greater ones;
 * undefined: from the beginning. Marks that are of no use any more are left out of `marks`.
 */
export function lookFrom(
  marks: readonly NumberMark[],
  horizonMs: number,
): { readonly from: string | undefined; readonly marks: readonly NumberMark[] } {
  const old = marks.findLastIndex(({ atMs }) => atMs <= horizonMs);
  const kept = marks.slice(Math.max(old, 0));
  // Every second one is enough: the mark before it only looks from further back.
  const thinned = kept.length > MAX_MARKS ? kept.filter((_, index) => index % 2 === 0) : kept;
  return { from: old === -1 ? undefined : marks[old]?.number, marks: thinned };
}
