import type { Section } from "@polyseme/core";
import pg from "pg";
import { chunkTable, type Collection } from "./collections.ts";
import type { Database, Sql } from "./database.ts";
import { NAMED, namedParams, type DocumentRef } from "./named-documents.ts";
import type { ReadTokens } from "./store-followed.ts";
import { tokenTableOf } from "./token-tables.ts";

export interface PackedDocument extends DocumentRef {
  readonly text: string;
  readonly sections: readonly Section[] | null;
  /** As they were when the document was embedded, whatever chunks it has by now. */
  readonly chunks: { readonly start: number; readonly packed: Buffer }[];
  readonly read: ReadTokens;
}

/** Texts and sections of stored documents, where they still have that revision. */
export async function readTexts(
  sql: Sql,
  collectionId: number,
  documents: readonly DocumentRef[],
): Promise<(DocumentRef & { readonly text: string; readonly sections: readonly Section[] | null })[]> {
  const { rows } = await sql.query<DocumentRef & { text: string; sections: Section[] | null }>(
    `select d.id, d.revision, d.text, d.sections from ${NAMED} join polyseme_store.documents d
       on d.collection_id = w.collection_id and d.id = w.id and d.revision = w.revision
     where d.state = 'stored'`,
    namedParams(collectionId, documents),
  );
  return rows;
}

/**
 * The same with the token vectors that the live generation names, in the order of the text. By COPY, as they are most of
 * what a collection holds: see `CopyOut`.
 * @param collection keeps token vectors
 */
export async function readPacked(
  database: Pick<Database, "copyOut">,
  collection: Collection,
  documents: readonly DocumentRef[],
): Promise<PackedDocument[]> {
  if (documents.length === 0) return [];
  // COPY takes no parameters, so the documents are a literal.
  const wanted = pg.escapeLiteral(JSON.stringify(documents.map(({ id, revision }, n) => ({ n, id, revision }))));
  const found = new Map<number, PackedDocument>();
  await database.copyOut(
    `select w.n, t.start_offset, t.tokens, case when t.ordinal = 0 then d.text end, case when t.ordinal = 0 then d.sections::text end,
       c.token_source, d.stored_at::text
     from json_to_recordset(${wanted}) as w(n int, id text, revision bigint)
     cross join lateral (
       select text, sections, stored_at from polyseme_store.documents
       where collection_id = ${collection.id} and id = w.id and revision = w.revision and state = 'stored' offset 0
     ) d
     cross join lateral (
       select token_source from ${chunkTable(collection.id, collection.generation.number)}
       where document_id = w.id and ordinal = 0 offset 0
     ) c
     cross join lateral (
       select ordinal, start_offset, tokens from ${tokenTableOf(collection)}
       where document_id = w.id and source = c.token_source order by ordinal offset 0
     ) t`,
    ([n, start, packed, text, sections, source, storedAt]) => {
      const document = documents[n?.readInt32BE(0) ?? -1];
      // Thrown here, it would end the process; none of these is null.
      if (!n || !document || !start || !packed || !source) return;
      const place = n.readInt32BE(0);
      const chunk = { start: start.readInt32BE(0), packed };
      const before = found.get(place);
      if (before !== undefined) before.chunks.push(chunk);
      else
        found.set(place, {
          id: document.id,
          revision: document.revision,
          text: text?.toString("utf8") ?? "",
          sections: sections ? (JSON.parse(sections.toString("utf8")) as Section[]) : null,
          chunks: [chunk],
          read: { source: Number(source.readBigInt64BE(0)), storedAt: storedAt?.toString("latin1") ?? null },
        });
    },
  );
  return documents.flatMap((_, n) => found.get(n) ?? []);
}
