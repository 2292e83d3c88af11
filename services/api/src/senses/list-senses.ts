import { PolysemeError } from "@polyseme/core";
import type { EncoderRegistry } from "@polyseme/encoder";
import {
  readChunkTokens,
  sampleForms,
  searchChunks,
  type ChunkPlace,
  type Collection,
  type Database,
} from "@polyseme/store";
import { isWord } from "@polyseme/words";
import { describeSenses, type DescribedSenses, type Sense } from "./describe-senses.ts";
import { findUses } from "./find-uses.ts";
import { commonForms, nearestWords, usedForms, type Neighbour } from "./neighbours.ts";
import { requireTokenVectors, requireWordVectors } from "../require-token-vectors.ts";
import { staticSimilarity } from "./static-similarity.ts";
import { formsOfWord } from "./word-place.ts";

const NEIGHBOURS = 8;
/** Chunks nearest to a sense whose words may be neighbours, beside those of its typical contexts; full ones have 80 kB each. */
const NEIGHBOUR_CHUNKS = 20;
const SAMPLED_CHUNKS = 300;

export interface ListedSenses extends Omit<DescribedSenses, "senses" | "similarity"> {
  readonly word: string;
  readonly form: string;
  readonly uses: number;
  readonly truncated: boolean;
  readonly senses: (Omit<Sense, "centre"> & { readonly neighbours: Neighbour[] })[];
  readonly similarity: DescribedSenses["similarity"] & { readonly static: number | null };
}

/**
 * The senses in which a collection uses a word.
 * @param limit most uses
 * @throws PolysemeError `conflict` when the collection keeps no token vectors; `invalid` when it is no word, or the
 * collection's model compares tokens
 */
export async function listSenses(
  { database, encoders }: { readonly database: Database; readonly encoders: EncoderRegistry },
  collection: Collection,
  { word, limit, signal }: { readonly word: string; readonly limit: number; readonly signal: AbortSignal },
): Promise<ListedSenses> {
  requireTokenVectors(collection, "word");
  const { language, generation } = collection;
  const forms = formsOfWord(word, language);
  if (!forms.some(isWord))
    throw new PolysemeError("invalid", "word holds no letter and no digit.", { details: { field: "word" } });
  const encoder = await encoders.get(generation.model);
  requireWordVectors(collection, encoder.info, "word");
  const { uses, truncated } = await findUses(database, collection, forms, limit);
  const { senses, similarity, ...described } = describeSenses(uses, generation.dimensions);
  const common = commonForms(senses.length === 0 ? [] : await sampleForms(database, collection, SAMPLED_CHUNKS));
  const isLeftOut = (form: string): boolean => forms.includes(form) || common.has(form);
  const around = await chunksAround(database, collection, senses);
  const used = usedForms(await readChunkTokens(database, collection, around), language);
  const centres = senses.map(({ centre }) => centre);
  const withNeighbours = senses.map(({ centre: _, ...sense }) => ({
    ...sense,
    neighbours: nearestWords(centres, sense.id, used, { most: NEIGHBOURS, isLeftOut }),
  }));
  const written = uses.map((use) => use.word);
  const statics = uses.length < 2 ? null : await staticSimilarity(encoder, written, signal);
  return {
    word,
    form: forms.join(" "),
    uses: uses.length,
    truncated,
    ...described,
    senses: withNeighbours,
    similarity: { ...similarity, static: statics },
  };
}

/**
 * The chunks of the senses' typical contexts, and those that are nearest to the senses: of a model that pools by the mean, an
 * embedding is the mean of its words' vectors, so a word's vector is at home among them.
 */
async function chunksAround(
  database: Database,
  collection: Collection,
  senses: readonly Sense[],
): Promise<ChunkPlace[]> {
  const keys: ChunkPlace[] = [];
  for (const { contexts, centre } of senses) {
    const near = await searchChunks(database, collection, { vector: centre, k: NEIGHBOUR_CHUNKS, group: "chunk" });
    keys.push(...contexts.map(({ id, ordinal }) => ({ documentId: id, ordinal })));
    keys.push(...near.map(({ documentId, chunk }) => ({ documentId, ordinal: chunk.ordinal })));
  }
  return [...new Map(keys.map((key) => [JSON.stringify([key.documentId, key.ordinal]), key])).values()];
}
