import { PolysemeError } from "@polyseme/core";
import type { Collection } from "./collections.ts";
import type { Sql } from "./database.ts";

/**
 * For a search of several statements, behind the last of them: all that it read was of the live generation.
 * @throws PolysemeError `unavailable` with `details.moved` when the collection has another live generation by now
 */
export async function requireLive(sql: Sql, { id, generation }: Collection): Promise<void> {
  const { rows } = await sql.query<{ live: number }>(
    "select live_generation as live from polyseme_store.collections where id = $1",
    [id],
  );
  if (rows[0]?.live === generation.number) return;
  throw collectionMoved();
}

/** Whoever asked reads the collection anew and searches again. */
export function collectionMoved(): PolysemeError {
  return new PolysemeError("unavailable", "The collection went to another generation while it was searched.", {
    details: { moved: true },
  });
}
