import { setTimeout as after } from "node:timers/promises";
import {
  acceptDocuments,
  claimDocuments,
  getCollection,
  migrate,
  openPostgres,
  releaseDocuments,
  storeChunks,
  type Collection,
  type Database,
  type DocumentRef,
  type EmbeddedChunk,
} from "@polyseme/store";
import { freshServers } from "./stack.ts";

/** The store alone, on a fresh database: no queue, no encoder, no HTTP. */
export interface TestStore {
  readonly database: Database;
  /** For one more connection. */
  readonly url: string;
  readonly close: () => Promise<void>;
}

/** @param databaseUrl of a real Postgres that tests may make databases in */
export async function openTestStore(databaseUrl: string, maxConnections: number): Promise<TestStore> {
  const servers = await freshServers(databaseUrl, undefined);
  const url = servers.environment.DATABASE_URL;
  const database = openPostgres(url, { maxConnections, onIdleError: () => undefined });
  await migrate(database);
  return {
    database,
    url,
    async close() {
      await database.close();
      await servers.drop();
    },
  };
}

/** What the door does with one document. */
export async function pushOne(
  database: Database,
  collection: Collection,
  id: string,
  text: string,
): Promise<DocumentRef> {
  const document = { id, title: null, text, metadataJson: "{}", priority: 0 };
  const outcome = await acceptDocuments(database, {
    collectionId: collection.id,
    newTickets: [`t${collection.id}`],
    incoming: [{ document, job: 1, ticket: `t${collection.id}`, mayRepeat: false }],
  });
  if (outcome.kind !== "written") throw new Error(outcome.kind);
  return { id, revision: outcome.accepted[0]?.revision ?? 0 };
}

/** What a worker does with one document, for the generation that is live when it begins. */
export async function embedOne(
  database: Database,
  { name, ref, chunksOf }: { name: string; ref: DocumentRef; chunksOf: (text: string) => EmbeddedChunk[] },
  encode: () => Promise<unknown> = () => after(0),
): Promise<void> {
  const { id: collectionId, generation } = await getCollection(database, name);
  const [claimed] = await claimDocuments(database, collectionId, [ref]);
  if (claimed === undefined) return;
  await encode();
  const target = { collectionId, generation: generation.number, tokenSet: generation.tokenSet ?? null };
  const { moved } = await storeChunks(database, target, [{ ...claimed, chunks: chunksOf(claimed.text) }]);
  if (!moved) return;
  const back = { code: "unavailable", message: "moved", afterMs: 0, countsAsAttempt: false } as const;
  await releaseDocuments(database, collectionId, [ref], back);
}
