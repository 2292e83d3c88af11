import { isTicketOf, type Database } from "@polyseme/store";
import { notYours, type Caller } from "./access.ts";

/**
 * Call before a ticket is looked at: a tied key learns of tickets of its own collections, and not whether there are others.
 * @throws PolysemeError `forbidden`
 */
export async function requireTicket(database: Database, { collections }: Caller, ticket: string): Promise<void> {
  if (collections !== undefined && !(await isTicketOf(database, ticket, collections))) throw notYours();
}
