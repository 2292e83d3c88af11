import type { Collection } from "../collections.ts";
import type { Sql } from "../database.ts";
import { textConfig, wordEntries } from "./text-config.ts";

/** Words of a text by which something can be found: those that the collection's language says nothing by are left out. */
export async function wordsThatCount(sql: Sql, collection: Collection, words: readonly string[]): Promise<string[]> {
  if (words.length === 0) return [];
  const { rows } = await sql.query<{ word: string }>(
    `select word from unnest($1::text[]) word where cardinality(${wordEntries(textConfig(collection.language), "word")}) > 0`,
    [words],
  );
  return rows.map(({ word }) => word);
}
