import { acceptDocuments, type Acceptance, type Incoming } from "./accept-documents.ts";
import type { Database, Sql } from "./database.ts";
import { writersGate } from "./generation-lock.ts";
import { storeChunks } from "./store-chunks.ts";
import type { EmbeddedDocument } from "./write-chunks.ts";

/** Chunks a statement: some 1.5 kB each at 384 dimensions. */
const MAX_CHUNKS = 512;

/**
 * Writes documents that bring their vectors into the ledger and their chunks beside it, in one transaction: when it returns,
 * they are stored, without a queue or an embedder. Documents without vectors among them are queued as ever.
 * @param target the collection with its live generation
 * @returns also `moved`: another generation is live, so that nothing was written
 */
export async function acceptGiven(
  database: Database,
  target: { readonly collectionId: number; readonly generation: number },
  batch: { readonly newTickets: readonly string[]; readonly incoming: readonly Incoming[] },
): Promise<Acceptance | { readonly kind: "moved" }> {
  // Before the transaction, which may have the only session.
  const vectorOid = await database.vectorOid();
  return database.withTransaction(async (sql) => {
    // First, as whoever changes the roles of generations takes its locks in this order too.
    const live = await lockLive(sql, target.collectionId);
    if (live === undefined) return { kind: "collection_gone" };
    if (live !== target.generation) return { kind: "moved" };
    const outcome = await acceptDocuments(sql, { ...batch, collectionId: target.collectionId });
    if (outcome.kind !== "written") return outcome;
    const queued = outcome.accepted.filter(({ state }) => state === "queued");
    const revisions = new Map(queued.map(({ id, revision }) => [id, revision]));
    const documents = batch.incoming.flatMap(({ document }) => {
      const revision = revisions.get(document.id);
      return revision === undefined ? [] : toEmbedded(document, revision);
    });
    const writer = {
      query: sql.query.bind(sql),
      vectorOid: () => Promise.resolve(vectorOid),
      // Collections with a sparse model take no given vectors.
      sparseOid: () => database.sparseOid(),
    };
    for (const group of inStatements(documents)) await storeChunks(writer, target, group);
    const stored = new Set(documents.map(({ id }) => id));
    return {
      ...outcome,
      accepted: outcome.accepted.map((one) => (stored.has(one.id) ? { ...one, state: "stored" } : one)),
    };
  });
}

async function lockLive(sql: Sql, collectionId: number): Promise<number | undefined> {
  const { rows } = await sql.query<{ live: number }>(
    `select c.live_generation as live from ${writersGate("$1")}, polyseme_store.collections c where c.id = $1 for share of c`,
    [collectionId],
  );
  return rows[0]?.live;
}

function toEmbedded({ id, text, given }: Incoming["document"], revision: number): EmbeddedDocument[] {
  if (given === undefined) return [];
  const chunks = given.chunks.map((chunk) => ({ ...chunk, text: text.slice(chunk.start, chunk.end) }));
  // An earlier version may have left any number of chunks.
  return [{ id, revision, chunks, storedChunks: 1 }];
}

function* inStatements(documents: readonly EmbeddedDocument[]): Generator<EmbeddedDocument[]> {
  let group: EmbeddedDocument[] = [];
  let chunks = 0;
  for (const document of documents) {
    if (group.length > 0 && chunks + document.chunks.length > MAX_CHUNKS) {
      yield group;
      group = [];
      chunks = 0;
    }
    group.push(document);
    chunks += document.chunks.length;
  }
  if (group.length > 0) yield group;
}
