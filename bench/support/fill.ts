import { checkDocument, DEFAULT_MODEL } from "@polyseme/core";
import { makeCatalog } from "@polyseme/encoder";
import {
  acceptDocuments,
  claimDocuments,
  ensureCollection,
  migrate,
  openPostgres,
  storeChunks,
  type Collection,
  type Database,
} from "@polyseme/store";
import type { BenchContext } from "../context.ts";
import { readSentences } from "./sentences.ts";
import { embedOnce, passageVectors } from "./vectors.ts";

/** The store opened as services open it; close it. */
export async function openStore(databaseUrl: string): Promise<Database> {
  const database = openPostgres(databaseUrl, { maxConnections: 16, onIdleError: () => undefined });
  await migrate(database);
  return database;
}

/** Documents a statement. */
const BATCH = 250;

/**
 * Makes a collection of so many documents of one chunk each, written by the store's own statements.
 * @param options.texts taken in turn; left out: the sentence that the vector is near to
 */
export async function fillCollection(
  context: BenchContext,
  database: Database,
  name: string,
  options: {
    chunks: number;
    sentences: number;
    texts?: readonly string[];
    metadata?: (number: number) => Record<string, unknown>;
  },
): Promise<Collection> {
  const sentences = readSentences(context, options.sentences);
  const started = performance.now();
  const embedded = await embedOnce(sentences);
  context.log(`${sentences.length} sentences embedded in ${Math.round((performance.now() - started) / 1_000)} s`);
  const model = await makeCatalog({ defaultModel: DEFAULT_MODEL, modelsDir: undefined }).describe(DEFAULT_MODEL);
  const { collection } = await ensureCollection(database, {
    name,
    language: null,
    model: model.name,
    dimensions: model.dimensions,
    chunking: { maxTokens: model.maxTokens, overlapTokens: 0, strategy: "sentence" },
  });
  let batch: Filling[] = [];
  let number = 0;
  for (const { vector, sentence } of passageVectors(embedded, options.chunks)) {
    const { texts, metadata } = options;
    const text = (texts === undefined ? sentences[sentence] : texts[number % texts.length]) ?? "";
    batch.push({ id: `p${number}`, text, metadata: metadata?.(number) ?? {}, vector });
    number += 1;
    if (batch.length < BATCH && number < options.chunks) continue;
    await writeBatch(database, collection, batch);
    batch = [];
  }
  await database.query("vacuum (analyze)");
  context.log(`${options.chunks} chunks written`);
  return collection;
}

interface Filling {
  readonly id: string;
  readonly text: string;
  readonly metadata: Record<string, unknown>;
  readonly vector: Float32Array;
}

async function writeBatch(database: Database, collection: Collection, batch: readonly Filling[]): Promise<void> {
  const incoming = batch.map(({ id, text, metadata }) => {
    const checked = checkDocument({ id, text, metadata });
    if ("rejection" in checked) throw new Error(checked.rejection.message);
    return { document: checked.document, job: 1, ticket: "fill", mayRepeat: false };
  });
  const accepted = await acceptDocuments(database, { collectionId: collection.id, newTickets: [], incoming });
  if (accepted.kind !== "written") throw new Error(accepted.kind);
  const claimed = await claimDocuments(database, collection.id, accepted.accepted);
  const revisions = new Map(claimed.map(({ id, revision }) => [id, revision]));
  const target = { collectionId: collection.id, generation: collection.generation.number };
  await storeChunks(
    database,
    target,
    batch.map(({ id, text, vector }) => ({
      id,
      revision: revisions.get(id) ?? 0,
      storedChunks: 0,
      chunks: [{ start: 0, end: text.length, text, tokens: Math.ceil(text.length / 4), embedding: vector }],
    })),
  );
}
