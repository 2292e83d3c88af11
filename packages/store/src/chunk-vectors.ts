import pg from "pg";
import { chunkTable, type Collection } from "./collections.ts";
import type { Database } from "./database.ts";
import { packedOf, rowBytes, tokenTableOf } from "./token-tables.ts";
import { decodeVector } from "./vector-wire.ts";

/** A chunk's place. */
export interface ChunkKey {
  readonly documentId: string;
  readonly ordinal: number;
}

export interface ChunkVectors {
  /** What is there now, which may be another version than the one that a search found. */
  readonly text: string;
  readonly embedding: Float32Array;
  /** As `packTokens` packed them; in collections that keep token vectors, and only when asked for. */
  readonly packed?: Buffer;
}

/**
 * The vectors of some chunks, one after the other as they come; chunks that are not there any more are left out. All of
 * them may be in memory at once: the caller bounds how many that are.
 * @param onChunk told the chunk's place among the keys
 * @throws PolysemeError `unavailable`
 */
export async function readChunkVectors(
  database: Pick<Database, "copyOut">,
  collection: Collection,
  keys: readonly ChunkKey[],
  options: { packed: boolean },
  onChunk: (place: number, chunk: ChunkVectors) => void,
): Promise<void> {
  if (keys.length === 0) return;
  const { id, generation } = collection;
  const withPacked = options.packed && generation.tokens.tokenVectors !== "none";
  // COPY takes no parameters, so the keys are a literal.
  const wanted = pg.escapeLiteral(
    JSON.stringify(keys.map(({ documentId, ordinal }, n) => ({ n, documentId, ordinal }))),
  );
  await database.copyOut(
    `select w.n, c.text, c.vector${withPacked ? ", p.packed" : ""} from json_to_recordset(${wanted}) as w(n int, "documentId" text, ordinal int)
     cross join lateral (
       -- offset 0: looked up chunk by chunk; joined, the planner may read the whole collection.
       select text, vector_send(embedding) as vector
         ${withPacked ? ", document_id, ordinal, token_source, token_slices, token_units" : ""}
       from ${chunkTable(id, generation.number)}
       where document_id = w."documentId" and ordinal = w.ordinal offset 0
     ) c
     ${withPacked ? packedOf("c", tokenTableOf(collection), rowBytes(collection)) : ""}`,
    ([n, text, vector, packed]) => {
      // Thrown here, it would end the process; neither of the first three is null.
      if (!n || !text || !vector) return;
      onChunk(n.readInt32BE(0), {
        text: text.toString("utf8"),
        embedding: decodeVector(vector),
        ...(packed ? { packed } : {}),
      });
    },
  );
}
