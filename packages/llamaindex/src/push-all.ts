import type { Polyseme, PushDocument } from "@polyseme/client";

const LISTED = 5;

/**
 * Pushes all, or says which were not taken or could not be embedded.
 * @param waitMs how long they are waited for; undefined: not at all
 * @throws Error; what was taken stays
 */
export async function pushAll(
  client: Polyseme,
  collection: string,
  documents: readonly PushDocument[],
  waitMs: number | undefined,
): Promise<void> {
  if (documents.length === 0) return;
  const { ticket, rejected, rejectedOmitted } = await client.push(collection, documents);
  const refused = rejected.length + rejectedOmitted;
  if (refused > 0)
    throw new Error(
      `${refused} of ${documents.length} documents were not taken: ${list(rejected, ({ index, message }) => `number ${index + 1}: ${message}`)}`,
    );
  if (waitMs === undefined) return;
  const { failed, failures } = await ticket.wait({ signal: AbortSignal.timeout(waitMs) });
  if (failed > 0)
    throw new Error(
      `${failed} documents were not embedded: ${list(failures, ({ id, message }) => `${id}: ${message}`)}`,
    );
}

function list<T>(items: readonly T[], describe: (item: T) => string): string {
  const shown = items.slice(0, LISTED).map(describe).join("; ");
  return items.length > LISTED ? `${shown}; …` : shown;
}
