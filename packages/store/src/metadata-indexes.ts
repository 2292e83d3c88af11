import { createHash } from "node:crypto";
import { parseFieldPath, type Filter } from "@polyseme/core";
import type { Collection } from "./collections.ts";
import type { Sql } from "./database.ts";
import { filterCondition, givenInto } from "./filter-condition.ts";
import { indexName, type IndexSpec } from "./indexes/index-spec.ts";
import { fieldExpressions } from "./metadata-expressions.ts";

const DOCUMENTS = "polyseme_store.documents";

/**
 * The indexes by which filters find a collection's documents, as its settings ask for them: one over all metadata for equal
 * values, and three for each field that is listed, for ranges of numbers, ranges of text, and lists. An index of a kind of
 * value that the field never has is empty.
 */
export function metadataIndexes({ id, index: { metadata } }: Pick<Collection, "id" | "index">): IndexSpec[] {
  if (metadata === false) return [];
  const ofCollection = `where collection_id = ${id}`;
  const spec = (rest: string, using: string): IndexSpec => ({
    name: indexName("metadata", id, rest),
    kind: "metadata",
    on: DOCUMENTS,
    using,
  });
  // Without a list of pending entries: every search would read all of it.
  const all = spec("all", `using gin (metadata jsonb_path_ops) with (fastupdate = off) ${ofCollection}`);
  if (metadata === true) return [all];
  const ofFields = metadata.flatMap((name) => {
    const path = parseFieldPath(name, "index.metadata");
    const { number, text, list } = fieldExpressions("metadata", path);
    const field = createHash("sha256").update(JSON.stringify(path)).digest("hex").slice(0, 16);
    return [
      spec(`number_${field}`, `using btree (${number}) ${ofCollection} and ${number} is not null`),
      spec(`text_${field}`, `using btree (${text}) ${ofCollection} and ${text} is not null`),
      spec(`list_${field}`, `using btree (id) ${ofCollection} and (${list})`),
    ];
  });
  return [all, ...ofFields];
}

/** How many of a collection's documents a filter keeps, counted no further than `atMost`. */
export async function countMatching(
  sql: Sql,
  collection: Pick<Collection, "id">,
  filter: Filter,
  atMost: number,
): Promise<number> {
  const params: unknown[] = [collection.id, atMost];
  const given = givenInto(params);
  const { rows } = await sql.query<{ documents: number }>(
    `select count(*)::int as documents from (
       select from ${DOCUMENTS} d where d.collection_id = $1 and ${filterCondition(filter, "d.metadata", given)} limit $2
     ) matching`,
    params,
  );
  return rows[0]?.documents ?? 0;
}
