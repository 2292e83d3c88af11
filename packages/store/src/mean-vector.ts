import pg from "pg";
import { isStorable } from "@polyseme/core";
import { chunkTable, type Collection } from "./collections.ts";
import type { Database } from "./database.ts";
import { decodeVector } from "./vector-wire.ts";

/** The mean of the vectors of a document's chunks in the live generation; undefined: it has none. */
export async function readMeanVector(
  database: Pick<Database, "copyOut">,
  { id, generation }: Collection,
  documentId: string,
): Promise<{ readonly vector: Float32Array; readonly chunks: number } | undefined> {
  if (!isStorable(documentId)) return undefined;
  let found: { vector: Float32Array; chunks: number } | undefined;
  await database.copyOut(
    `select count(*)::int4, vector_send(avg(embedding)) from ${chunkTable(id, generation.number)}
     where document_id = ${pg.escapeLiteral(documentId)} having count(*) > 0`,
    ([chunks, vector]) => {
      // Thrown here, it would end the process; neither is null.
      if (chunks && vector) found = { chunks: chunks.readInt32BE(0), vector: decodeVector(vector) };
    },
  );
  return found;
}
