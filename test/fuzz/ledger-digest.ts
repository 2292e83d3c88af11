import pg from "pg";
import { WITH_KEY } from "./key.ts";

/** What a refused request must leave as it is, as one short text. */
export interface Ledger {
  digest(): Promise<string>;
  close(): Promise<void>;
}

/** Everything that pushes, deletes and settings write; not what the embedders do meanwhile. */
const DIGEST = `
select concat_ws(' ',
  (select md5(coalesce(string_agg(concat_ws('|', c.id, c.name, c.language, c.live_generation, g.number, g.model, g.chunking), ';' order by c.id, g.number), ''))
   from polyseme_store.collections c join polyseme_store.generations g on g.collection_id = c.id),
  (select count(*) || ' ' || md5(coalesce(string_agg(concat_ws('|', collection_id, id, revision, version, title, md5(text), metadata, priority), ';'
     order by collection_id, id collate "C"), '')) from polyseme_store.documents),
  (select count(*) from polyseme_store.tickets),
  (select count(*) || ' ' || coalesce(max(revision), 0) from polyseme_store.ticket_documents)) as digest`;

export function ledgerInPostgres(databaseUrl: string): Ledger {
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 1 });
  return {
    async digest() {
      const { rows } = await pool.query<{ digest: string }>(DIGEST);
      return rows[0]?.digest ?? "";
    },
    close: () => pool.end(),
  };
}

/** The embedded stack lets nobody else at its database, so what it tells of its collections must do. */
export function ledgerOverHttp(url: string): Ledger {
  return {
    async digest() {
      const { collections } = (await (await fetch(`${url}/v1/collections`, { headers: [[...WITH_KEY]] })).json()) as {
        collections: Record<string, unknown>[];
      };
      return JSON.stringify(
        collections.map(({ name, model, chunking, language, generation, createdAt, documents }) => [
          name,
          model,
          chunking,
          language,
          generation,
          createdAt,
          (documents as { total: number }).total,
        ]),
      );
    },
    close: () => Promise.resolve(),
  };
}
