import { isStorable, PolysemeError } from "@polyseme/core";
import type { Sql } from "./database.ts";

export interface TicketStatus {
  readonly total: number;
  readonly stored: number;
  readonly failed: number;
  readonly pending: number;
  /** Deleted after they were pushed: neither stored nor waited for. */
  readonly deleted: number;
  /** Tokens of the stored ones. */
  readonly tokens: number;
  readonly failures: { readonly id: string; readonly code: string; readonly message: string }[];
}

/** Failures listed in a ticket's status; the rest are counted in `failed`. */
const LISTED_FAILURES = 100;

/**
 * How far the documents of one push are. One that was replaced by a later push counts as stored once its own
 * revision or a later one is.
 * @throws PolysemeError `not_found`
 */
export async function readTicket(sql: Sql, ticketId: string): Promise<TicketStatus> {
  if (!isStorable(ticketId)) throw noSuchTicket(ticketId);
  const { rows } = await sql.query<TicketStatus & { known: boolean }>(
    `with progress as (
       select t.document_id as id, d.error_code, d.error_message, d.token_count,
         case when d.id is null then 'deleted'
              when d.stored_revision >= t.revision then 'stored'
              when d.state = 'failed' then 'failed'
              else 'pending' end as state
       from polyseme_store.ticket_documents t
       left join polyseme_store.documents d on d.collection_id = t.collection_id and d.id = t.document_id
       where t.ticket_id = $1
     )
     select exists (select from polyseme_store.tickets where id = $1) as known,
       count(*)::int as total,
       count(*) filter (where state = 'stored')::int as stored,
       count(*) filter (where state = 'failed')::int as failed,
       count(*) filter (where state = 'pending')::int as pending,
       count(*) filter (where state = 'deleted')::int as deleted,
       coalesce(sum(token_count) filter (where state = 'stored'), 0)::int8 as tokens,
       coalesce((select json_agg(json_build_object('id', f.id, 'code', f.error_code, 'message', f.error_message))
         from (select * from progress where state = 'failed' order by id limit ${LISTED_FAILURES}) f), '[]') as failures
     from progress`,
    [ticketId],
  );
  const row = rows[0];
  if (row?.known !== true) throw noSuchTicket(ticketId);
  const { known: _, ...status } = row;
  return status;
}

function noSuchTicket(ticketId: string): PolysemeError {
  const name = ticketId.slice(0, 64).toWellFormed();
  return new PolysemeError("not_found", `There is no ticket "${name}": tickets are kept for ${TICKET_DAYS} days.`, {
    details: { field: "ticket" },
  });
}

export const TICKET_DAYS = 7;

/** Whether there is such a ticket and it is of one of these collections, by name or alias: one question, so that its answer takes as long for either no. */
export async function isTicketOf(sql: Sql, ticketId: string, collections: Iterable<string>): Promise<boolean> {
  const { rows } = await sql.query<{ yes: boolean }>(
    `select exists (select from polyseme_store.tickets t
       where t.id = $1 and ((select c.name from polyseme_store.collections c where c.id = t.collection_id) = any($2::text[])
         or exists (select from polyseme_store.aliases a where a.collection_id = t.collection_id and a.name = any($2::text[])))) as yes`,
    [ticketId, [...collections]],
  );
  return rows[0]?.yes === true;
}

/** Forgets tickets past their time, some at once, so that no statement runs long. */
export async function dropOldTickets(sql: Sql, limit: number): Promise<number> {
  const { rowCount } = await sql.query(
    `with old as (
       delete from polyseme_store.tickets where id in (
         select id from polyseme_store.tickets where created_at < now() - interval '${TICKET_DAYS} days' limit $1)
       returning id
     )
     delete from polyseme_store.ticket_documents t using old where t.ticket_id = old.id`,
    [limit],
  );
  return rowCount;
}
