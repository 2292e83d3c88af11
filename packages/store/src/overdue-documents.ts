import { GRACE_SECONDS } from "./accept-documents.ts";
import { CLAIM_SECONDS } from "./claim-documents.ts";
import type { Sql } from "./database.ts";
import type { DocumentRef } from "./named-documents.ts";

/**
 * From so many deaths on a document is a suspect: it is encoded alone and in a process of its own. One death says little,
 * as all that a killed worker held get it.
 */
export const SUSPECT_DEATHS = 2;
/** From so many deaths on it is failed unseen: it takes more than a process of its own with it. */
export const FATAL_DEATHS = 8;

export interface LostDocument extends DocumentRef {
  readonly collectionId: number;
  readonly job: number;
  readonly attempts: number;
  readonly deaths: number;
  readonly priority: number;
  /** Bytes of its text. */
  readonly characters: number;
}

export interface OverdueDocuments {
  /** To be put back in the queue. */
  readonly lost: LostDocument[];
  /** Failed just now, with {@link FATAL_DEATHS}. */
  readonly failed: LostDocument[];
}

/**
 * Pending documents whose time has come: their worker died, their retry is due, or nobody claimed them and their job may
 * be gone from the queue. Each is handed to one caller and comes up again later, later each time it is still waiting.
 * @param options.countDeaths false: a claim that ran out says nothing about its worker, as none could be renewed
 * @param options.lostBefore the queue lost its jobs: what was queued and would have come up before then comes up now, once
 */
export async function takeOverdueDocuments(
  sql: Sql,
  limit: number,
  options: { readonly countDeaths: boolean; readonly lostBefore?: Date | undefined },
): Promise<OverdueDocuments> {
  const { rows } = await sql.query<LostDocument & { failed: boolean }>(
    `with overdue as (
       select collection_id, id, deaths + case when state = 'embedding' and $2 then 1 else 0 end as deaths
       from polyseme_store.documents
       where state in ('queued', 'embedding') and next_attempt_at < greatest(now(), $4::timestamptz)
         and (state = 'queued' or next_attempt_at < now())
       order by next_attempt_at limit $1 for update skip locked
     ), judged as (
       select *, deaths >= ${FATAL_DEATHS} as fatal from overdue
     )
     update polyseme_store.documents d
     set state = case when o.fatal then 'failed' else 'queued' end, deaths = o.deaths,
       next_attempt_at = greatest($4::timestamptz,
         now() + interval '${CLAIM_SECONDS} seconds' + least(now() - d.received_at, interval '10 minutes')),
       failed_at = case when o.fatal then now() end,
       error_code = case when o.fatal then 'encoder_crashed' else d.error_code end,
       error_message = case when o.fatal then $3 else d.error_message end
     from judged o where d.collection_id = o.collection_id and d.id = o.id
     returning d.collection_id as "collectionId", d.id, d.revision, d.job, d.attempts, d.deaths, d.priority,
       d.text_bytes as characters, d.state = 'failed' as failed`,
    [
      limit,
      options.countDeaths,
      `Its worker died in ${FATAL_DEATHS} runs, also with the document alone in quarantine.`,
      options.lostBefore,
    ],
  );
  const documentsWhere = (wanted: boolean): LostDocument[] =>
    rows.filter(({ failed }) => failed === wanted).map(({ failed: _, ...document }) => document);
  return { lost: documentsWhere(false), failed: documentsWhere(true) };
}

/** Until when a document that was accepted up to now comes up at the latest, when nothing else has happened to it. */
export async function lossHorizon(sql: Sql): Promise<Date> {
  const { rows } = await sql.query<{ at: Date }>(`select now() + interval '${GRACE_SECONDS} seconds' as at`);
  const at = rows[0]?.at;
  if (at === undefined) throw new Error("Postgres told no time");
  // To the millisecond, rounded down on the way.
  return new Date(at.getTime() + 1);
}
