import type { Section } from "@polyseme/core";
import { chunkTable } from "./collections.ts";
import type { Sql } from "./database.ts";
import { NAMED, namedParams, type DocumentRef } from "./named-documents.ts";

export interface PackedDocument extends DocumentRef {
  readonly text: string;
  readonly sections: readonly Section[] | null;
  readonly chunks: readonly { readonly start: number; readonly packed: Buffer }[];
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

/** The same with the token vectors of their chunks in a generation that keeps them, in the order of the text. */
export async function readPacked(
  sql: Sql,
  source: { readonly collectionId: number; readonly generation: number },
  documents: readonly DocumentRef[],
): Promise<PackedDocument[]> {
  const { rows } = await sql.query<
    DocumentRef & { text: string | null; sections: Section[] | null; start: number; packed: Buffer }
  >(
    `select d.id, d.revision, case when c.ordinal = 0 then d.text end as text,
       case when c.ordinal = 0 then d.sections end as sections, c.start, c.packed
     from ${NAMED} join polyseme_store.documents d
       on d.collection_id = w.collection_id and d.id = w.id and d.revision = w.revision
     cross join lateral (
       select ordinal, start_offset as start, tokens as packed from ${chunkTable(source.collectionId, source.generation)}
       where document_id = d.id offset 0
     ) c
     where d.state = 'stored' order by d.id, c.ordinal`,
    namedParams(source.collectionId, documents),
  );
  const byId = new Map<
    string,
    {
      id: string;
      revision: number;
      text: string;
      sections: Section[] | null;
      chunks: PackedDocument["chunks"][number][];
    }
  >();
  for (const { id, revision, text, sections, start, packed } of rows) {
    const document = byId.get(id) ?? { id, revision, text: "", sections: null, chunks: [] };
    byId.set(id, document);
    document.text = text ?? document.text;
    document.sections = sections ?? document.sections;
    document.chunks.push({ start, packed });
  }
  return [...byId.values()];
}
