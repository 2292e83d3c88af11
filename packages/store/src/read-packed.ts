import type { Section } from "@polyseme/core";
import pg from "pg";
import { chunkTable } from "./collections.ts";
import type { Database, Sql } from "./database.ts";
import type { ReadChunks } from "./store-followed.ts";
import { NAMED, namedParams, type DocumentRef } from "./named-documents.ts";

export interface PackedDocument extends DocumentRef {
  readonly text: string;
  readonly sections: readonly Section[] | null;
  readonly chunks: readonly { readonly start: number; readonly packed: Buffer }[];
  /** The chunks as they were read, numbered from 0; left out where they were not written together. */
  readonly read?: ReadChunks;
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
 * The same with the token vectors of their chunks in a generation that keeps them, in the order of the text. By COPY, as
 * they are most of what a collection holds: see `CopyOut`.
 */
export async function readPacked(
  database: Pick<Database, "copyOut">,
  source: { readonly collectionId: number; readonly generation: number },
  documents: readonly DocumentRef[],
): Promise<PackedDocument[]> {
  if (documents.length === 0) return [];
  // COPY takes no parameters, so the documents are a literal.
  const wanted = pg.escapeLiteral(JSON.stringify(documents.map(({ id, revision }, n) => ({ n, id, revision }))));
  const found = new Map<
    number,
    Pick<PackedDocument, "text" | "sections"> & {
      chunks: PackedDocument["chunks"][number][];
      versions: Set<string>;
      last: number;
    }
  >();
  await database.copyOut(
    `select w.n, c.start, case when c.ordinal = 0 then d.text end as text,
       case when c.ordinal = 0 then d.sections::text end as sections, c.packed, c.ordinal, c.version
     from json_to_recordset(${wanted}) as w(n int, id text, revision bigint)
     cross join lateral (
       select text, sections from polyseme_store.documents
       where collection_id = ${source.collectionId} and id = w.id and revision = w.revision and state = 'stored' offset 0
     ) d
     cross join lateral (
       select ordinal, xmin::text as version, start_offset as start, tokens as packed from ${chunkTable(source.collectionId, source.generation)}
       where document_id = w.id order by ordinal offset 0
     ) c`,
    ([n, start, text, sections, packed, ordinal, version]) => {
      // Thrown here, it would end the process; none of these is null.
      if (!n || !start || !packed || !ordinal || !version) return;
      const place = n.readInt32BE(0);
      const document = found.get(place) ?? { text: "", sections: null, chunks: [], versions: new Set(), last: 0 };
      const withText = {
        ...document,
        ...(text ? { text: text.toString("utf8") } : {}),
        ...(sections ? { sections: JSON.parse(sections.toString("utf8")) as Section[] } : {}),
      };
      found.set(place, withText);
      withText.versions.add(version.toString("latin1"));
      withText.last = ordinal.readInt32BE(0);
      withText.chunks.push({ start: start.readInt32BE(0), packed });
    },
  );
  return documents.flatMap(({ id, revision }, n) => {
    const document = found.get(n);
    if (document === undefined) return [];
    const { versions, last, ...rest } = document;
    const [version, ...others] = versions;
    const together = version !== undefined && others.length === 0 && last === rest.chunks.length - 1;
    return [{ id, revision, ...rest, ...(together ? { read: { version, count: rest.chunks.length } } : {}) }];
  });
}
