import { checkCollectionName, ERROR_CODES, isErrorCode, PolysemeError } from "@polyseme/core";
import { requireCollections, type Caller } from "@polyseme/http";
import { findCollection, getCollection, type FailureFilter, type FailurePlace, type Sql } from "@polyseme/store";

/** What both failure routes choose by, as a request gives it. */
export interface FailureChoice {
  readonly collection?: string | undefined;
  readonly ids?: readonly string[] | undefined;
  readonly code?: string | undefined;
  readonly since?: string | undefined;
  readonly until?: string | undefined;
}

const DEFAULT_LIMIT = 100;
const MAX_LIMIT = 1_000;

/**
 * @param caller sees the failures of its own collections only
 * @throws PolysemeError `invalid` that names the field, `forbidden` for a collection that is not the caller's, `not_found`
 * for one that is not there
 */
export async function filterOf(
  sql: Sql,
  caller: Caller,
  { collection, ids, code, since, until }: FailureChoice,
): Promise<FailureFilter> {
  if (code !== undefined && !isErrorCode(code))
    throw invalid("code", `code must be one of ${Object.keys(ERROR_CODES).join(", ")}.`);
  return {
    collectionIds: await collectionIdsOf(sql, caller, collection),
    // No document has such an id, and Postgres would not even look.
    ids: ids?.filter((id) => !id.includes("\0")),
    code,
    since: parseTime("since", since),
    until: parseTime("until", until),
  };
}

/** undefined: all that there are. */
async function collectionIdsOf(
  sql: Sql,
  caller: Caller,
  collection: string | undefined,
): Promise<readonly number[] | undefined> {
  if (collection !== undefined) {
    requireCollections(caller, [collection]);
    return [(await getCollection(sql, checkCollectionName(collection))).id];
  }
  if (caller.collections === undefined) return undefined;
  const found = await Promise.all([...caller.collections].map((name) => findCollection(sql, name)));
  return found.flatMap((known) => (known === undefined ? [] : [known.id]));
}

export function parseLimit(text: string | undefined): number {
  if (text === undefined) return DEFAULT_LIMIT;
  const limit = Number(text);
  if (!/^\d+$/.test(text) || limit < 1 || limit > MAX_LIMIT)
    throw invalid("limit", `limit must be a whole number from 1 to ${MAX_LIMIT}.`);
  return limit;
}

/** A page's end as an opaque text for the next request. */
export function formatPlace({ failedAt, collectionId, id }: FailurePlace): string {
  return Buffer.from(JSON.stringify([failedAt.getTime(), collectionId, id])).toString("base64url");
}

/** @throws PolysemeError `invalid` for what {@link formatPlace} did not make */
export function parsePlace(text: string | undefined): FailurePlace | undefined {
  if (text === undefined) return undefined;
  try {
    const parts: unknown = JSON.parse(Buffer.from(text, "base64url").toString("utf8"));
    const [atMs, collectionId, id] = Array.isArray(parts) ? (parts as unknown[]) : [];
    const failedAt = new Date(Number.isInteger(atMs) ? (atMs as number) : NaN);
    const isCollection = Number.isInteger(collectionId) && Math.abs(collectionId as number) < 2 ** 31;
    if (isStorable(failedAt) && isCollection && typeof id === "string" && !id.includes("\0"))
      return { failedAt, collectionId: collectionId as number, id };
  } catch {
    // Answered below like everything else that is no page's end.
  }
  throw invalid("after", "after must be the `next` of an earlier answer.");
}

/** An ISO 8601 date or time; without an offset it is UTC, as everything here. */
function parseTime(field: string, text: string | undefined): Date | undefined {
  if (text === undefined) return undefined;
  const hasOffset = /(?:Z|[+-]\d\d:?\d\d)$/i.test(text);
  const time = /^\d{4}-\d\d-\d\d(?:$|T)/.test(text)
    ? new Date(text.includes("T") && !hasOffset ? `${text}Z` : text)
    : new Date(NaN);
  if (!isStorable(time)) throw invalid(field, `${field} must be a time such as 2026-01-31 or 2026-01-31T12:00:00Z.`);
  return time;
}

/** Postgres knows no time before 4714 BC; nobody means one before our era. */
function isStorable(time: Date): boolean {
  return !Number.isNaN(time.getTime()) && time.getUTCFullYear() >= 1 && time.getUTCFullYear() <= 9_999;
}

function invalid(field: string, message: string): PolysemeError {
  return new PolysemeError("invalid", message, { details: { field } });
}
