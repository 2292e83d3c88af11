import { PolysemeRequestError, type Polyseme } from "@polyseme/client";
import { hasContent } from "../record/digest.ts";
import type { SentDocument, SourceRecord } from "../record/source-record.ts";

export interface Deletion {
  readonly collection: string;
  readonly signal: AbortSignal;
  /** Asked before a big share of a source goes; false keeps all of it. */
  readonly mayDelete: (count: number, of: number) => Promise<boolean>;
}

export interface DeletionResult {
  readonly deleted: number;
  /** Missing in the source, and kept: changed by somebody else, or given by another source too. */
  readonly kept: number;
  /** Missing, and left alone because it was not allowed. */
  readonly refused: number;
}

/** Fewer than this are never a big share. */
const FEW = 10;
const BIG_SHARE = 0.2;
const AT_ONCE = 8;
const NOT_FOUND = 404;
const NOTHING: DeletionResult = { deleted: 0, kept: 0, refused: 0 };

/** Whether so many of a source's documents are enough to ask first. */
export function isBigShare(count: number, of: number): boolean {
  return count > FEW && count > BIG_SHARE * of;
}

/**
 * Deletes documents that a source gave and has no more. Each is looked at first: one whose text or title is another than
 * the source gave is somebody else's by now.
 */
export async function deleteMissing(
  client: Polyseme,
  record: SourceRecord,
  missing: readonly SentDocument[],
  deletion: Deletion,
): Promise<DeletionResult> {
  if (missing.length === 0) return NOTHING;
  const all = record.documents + missing.length;
  if (isBigShare(missing.length, all) && !(await deletion.mayDelete(missing.length, all)))
    return { ...NOTHING, refused: missing.length };
  const shared = await record.givenElsewhere(new Set(missing.map(([id]) => id)));
  const own = await ownOnes(
    client,
    missing.filter(([id]) => !shared.has(id)),
    deletion,
  );
  const deleted = own.length === 0 ? 0 : await client.documents.delete(deletion.collection, own, deletion);
  record.forget(missing.map(([id]) => id));
  await record.flush();
  return { deleted, kept: missing.length - own.length, refused: 0 };
}

async function ownOnes(client: Polyseme, missing: readonly SentDocument[], deletion: Deletion): Promise<string[]> {
  const own: string[] = [];
  const left = [...missing].reverse();
  const work = async (): Promise<void> => {
    for (let next = left.pop(); next !== undefined; next = left.pop())
      if (await isOwn(client, next, deletion)) own.push(next[0]);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return own;
}

/** Also true for one that is gone already: to delete it again changes nothing. */
async function isOwn(client: Polyseme, [id, digest]: SentDocument, { collection, signal }: Deletion): Promise<boolean> {
  // No URL can name these, so they cannot be looked at.
  if (id === "." || id === "..") return false;
  try {
    const { text, title } = await client.documents.get(collection, id, { signal });
    return hasContent(digest, text, title);
  } catch (error) {
    if (error instanceof PolysemeRequestError && error.status === NOT_FOUND) return true;
    throw error;
  }
}
