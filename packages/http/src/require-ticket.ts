import { pause } from "@polyseme/core";
import { isTicketOf, type Database } from "@polyseme/store";
import { notYours, type Caller } from "./access.ts";

/** Looking up a ticket that is there takes some 10 µs longer than one that is not: a refusal waits for this instead. */
const REFUSED_AFTER_MS = 20;

/**
 * Call before a ticket is looked at: a tied key learns of tickets of its own collections, and not whether there are others.
 * @throws PolysemeError `forbidden`
 */
export async function requireTicket(database: Database, { collections }: Caller, ticket: string): Promise<void> {
  if (collections === undefined) return;
  const served = new AbortController();
  // Begun before the question, so that its end does not follow from the answer.
  const refused = pause(REFUSED_AFTER_MS, served.signal);
  try {
    if (await isTicketOf(database, ticket, collections)) return;
    await refused;
    throw notYours();
  } finally {
    served.abort();
  }
}
