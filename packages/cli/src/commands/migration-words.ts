import { PolysemeRequestError, type Migration, type Polyseme } from "@polyseme/client";
import { duration, plural } from "../terminal.ts";

const NOT_FOUND = 404;

/** The collection's migration; undefined: it has none. */
export async function migrationOf(client: Polyseme, name: string, signal: AbortSignal): Promise<Migration | undefined> {
  return client.migrations.get(name, { signal }).catch((error: unknown) => {
    if (error instanceof PolysemeRequestError && error.status === NOT_FOUND) return undefined;
    throw error;
  });
}

/** `migration from generation 1 to 2 (rechunk): ready, 312 of 312 documents, 0 failed` */
export function describeMigration({ from, to, method, state, documents, etaSeconds }: Migration): string {
  const { done, total, failed } = documents;
  const left = etaSeconds === null || etaSeconds === 0 ? "" : `, ${duration(etaSeconds)} left`;
  return (
    `migration from generation ${from} to ${to} (${method}): ${state.replace("_", " ")}, ` +
    `${done.toLocaleString("en")} of ${plural(total, "document")}, ${failed.toLocaleString("en")} failed${left}`
  );
}
