import { join } from "node:path";
import { PolysemeRequestError, type Collection, type Polyseme } from "@polyseme/client";
import { DEFAULT_DATA_DIR } from "@polyseme/core";
import { SourceRecord } from "./source-record.ts";

/** A record, and whether the server may be taken to hold what is in it. */
export interface OpenedRecord {
  readonly record: SourceRecord;
  readonly isTrusted: boolean;
}

const NOT_FOUND = 404;
/** Below this share of what is recorded, the collection has lost documents: by hand, or by a backup that was restored. */
const LEAST_SHARE = 0.98;

/** Folder of the records, in the data folder, whether the server works on that folder or elsewhere. */
export function recordsFolder(env: Readonly<Record<string, string | undefined>>): string {
  const dataDir = (env["POLYSEME_DATA_DIR"] ?? "").trim();
  return join(dataDir === "" ? DEFAULT_DATA_DIR : dataDir, "sources");
}

/** The collection as the server has it, made when there is none: a record is about one life of a collection. */
export async function haveCollection(client: Polyseme, name: string, signal: AbortSignal): Promise<Collection> {
  try {
    return await client.collections.get(name, { signal });
  } catch (error) {
    if (!(error instanceof PolysemeRequestError) || error.status !== NOT_FOUND) throw error;
    return (await client.collections.create(name, {}, { signal })).collection;
  }
}

/** Opens the record of one source. */
export async function openRecord(
  folder: string,
  { createdAt, documents }: Pick<Collection, "createdAt" | "documents">,
  of: { readonly collection: string; readonly source: string },
): Promise<OpenedRecord> {
  const record = await SourceRecord.open(folder, { ...of, createdAt });
  return { record, isTrusted: documents.total >= record.documents * LEAST_SHARE };
}
