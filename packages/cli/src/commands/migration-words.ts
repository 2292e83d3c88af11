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

/** `; of the 10 nearest documents 94.2 % are the same (least 70.0 %, 100 questions)` */
function describeOverlap({ overlap, overlapReason, state }: Migration): string {
  if (overlap === null) return state === "ready" && overlapReason !== null ? `; overlap: ${overlapReason}` : "";
  const { at, mean, least, queries } = overlap;
  return `; of the ${at} nearest documents ${percent(mean)} are the same (least ${percent(least)}, ${plural(queries, "question")})`;
}

/** Rounded down: 100 % is said only when nothing differs. */
function percent(share: number): string {
  return `${(Math.floor(share * 1_000) / 10).toFixed(1)} %`;
}

/** `migration from generation 1 to 2 (rechunk): ready, 312 of 312 documents, 0 failed` */
export function describeMigration(migration: Migration): string {
  const { from, to, method, state, documents, etaSeconds } = migration;
  const { done, total, failed } = documents;
  const left = etaSeconds === null || etaSeconds === 0 ? "" : `, ${duration(etaSeconds)} left`;
  return (
    `migration from generation ${from} to ${to} (${method}): ${state.replace("_", " ")}, ` +
    `${done.toLocaleString("en")} of ${plural(total, "document")}, ${failed.toLocaleString("en")} failed${left}${describeOverlap(migration)}`
  );
}
