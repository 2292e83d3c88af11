import { randomBytes } from "node:crypto";
import { chunkTable, getCollection, type Collection } from "./collections.ts";
import type { Database, Sql } from "./database.ts";
import type { DocumentState, StoredChunk } from "./documents.ts";
import { decodeVector } from "./vector-wire.ts";

export interface ExportedDocument {
  readonly id: string;
  readonly version: number;
  readonly state: DocumentState;
  readonly title: string | null;
  readonly text: string;
  readonly metadata: Record<string, unknown>;
  readonly storedAt: Date | null;
  /** None unless it is `stored`: those of an earlier version are not of this text. */
  readonly chunks: readonly Omit<StoredChunk, "text" | "packed">[];
}

/** A collection at one moment. */
export interface CollectionExport {
  readonly collection: Collection;
  readonly documents: number;
  /** In the order of their ids, once. */
  read(): AsyncGenerator<ExportedDocument>;
  /** Call it however the reading ended, once or more often. */
  close(): Promise<void>;
}

/** A document may have four million characters. */
const DOCUMENTS_A_FETCH = 16;
/** Of 64 kB at most each. */
const CHUNKS_A_FETCH = 256;

/**
 * The documents of a collection with the chunks of its live generation, all of one moment, however long the reading takes
 * and whatever is pushed, deleted or cut over meanwhile. Holds a few documents at a time.
 * @param name a collection's name or alias
 * @param options.embeddings false: chunks without their vectors
 * @throws PolysemeError `not_found`
 */
export async function openExport(
  database: Database,
  name: string,
  options: { readonly embeddings: boolean },
): Promise<CollectionExport> {
  // A session that is shared may have other exports.
  const key = randomBytes(6).toString("hex");
  const cursors = { documents: `export_documents_${key}`, chunks: `export_chunks_${key}` };
  const snapshot = await database.openSnapshot(async (sql, hold) => {
    const collection = await getCollection(sql, name);
    const { id, generation } = collection;
    const { rows } = await sql.query<{ count: number }>(
      "select count(*)::int as count from polyseme_store.documents where collection_id = $1",
      [id],
    );
    // Both read along their keys. The planner takes a collection for small and would sort the whole of it.
    for (const path of ["seqscan", "bitmapscan", "sort"]) await sql.query(`set local enable_${path} = off`);
    await sql.query(
      `declare ${cursors.documents} no scroll cursor ${hold} for
         select id, version, state, title, text, metadata, stored_at as "storedAt"
         from polyseme_store.documents where collection_id = ${id} order by id`,
    );
    await sql.query(
      `declare ${cursors.chunks} no scroll cursor ${hold} for
         select document_id as "documentId", ordinal, start_offset as start, end_offset as end, token_count as tokens
           ${options.embeddings ? ", vector_send(embedding) as vector" : ""}
         from ${chunkTable(id, generation.number)} order by document_id, ordinal`,
    );
    return { collection, documents: rows[0]?.count ?? 0 };
  });
  let closed: Promise<void> | undefined;
  const { sql, value } = snapshot;
  // A reader that is being stopped may be in the middle of something; the connection is somebody else's by then.
  const open: Sql = {
    query: (text, params) =>
      closed === undefined ? sql.query(text, params) : Promise.reject(new Error("The export was closed")),
  };
  return {
    ...value,
    read: () => merge(open, cursors),
    close: () =>
      (closed ??= sql
        .query(`close ${cursors.documents}; close ${cursors.chunks}`)
        // A connection that broke has closed them.
        .then(
          () => undefined,
          () => undefined,
        )
        .then(() => snapshot.close())),
  };
}

type ChunkRow = Omit<StoredChunk, "text" | "packed" | "embedding"> & { documentId: string; vector?: Buffer };

/** The order of both cursors is Postgres' own, so ids are only compared for being the same. */
async function* merge(sql: Sql, cursors: { documents: string; chunks: string }): AsyncGenerator<ExportedDocument> {
  const chunks = rowsOf<ChunkRow>(sql, cursors.chunks, CHUNKS_A_FETCH);
  let next = await chunks.next();
  for await (const document of rowsOf<Omit<ExportedDocument, "chunks">>(sql, cursors.documents, DOCUMENTS_A_FETCH)) {
    const own: ExportedDocument["chunks"][number][] = [];
    for (; next.done !== true && next.value.documentId === document.id; next = await chunks.next()) {
      const { documentId: _, vector, ...chunk } = next.value;
      own.push(vector === undefined ? chunk : { ...chunk, embedding: decodeVector(vector) });
    }
    yield { ...document, chunks: document.state === "stored" ? own : [] };
  }
  if (next.done !== true) throw new Error("A chunk of a document that is not there");
}

async function* rowsOf<Row extends object>(sql: Sql, cursor: string, count: number): AsyncGenerator<Row, undefined> {
  for (;;) {
    const { rows } = await sql.query<Row>(`fetch ${count} from ${cursor}`);
    yield* rows;
    if (rows.length < count) return undefined;
  }
}
