import { unpackTokens, type Filter } from "@polyseme/core";
import {
  readChunkTokens,
  readDocumentLabels,
  searchChunks,
  type Collection,
  type Database,
  type Hit,
} from "@polyseme/store";
import { isWord } from "@polyseme/words";
import { bestPlaces, type ScoredPlace } from "./best-uses.ts";
import type { WordVectors } from "./encode-word.ts";
import { findUses, type UseChunk } from "./find-uses.ts";
import { centredCosines } from "./centred-cosines.ts";
import { packedCosines } from "./packed-cosines.ts";
import { makeSentenceFinder, type Sentence } from "./sentence-around.ts";
import { dot } from "./unit-vectors.ts";

/** Chunks that hold the word and are looked at; what is beyond them is told by `truncated`. */
const WORD_CHUNKS = 1_000;
/** Chunks near in meaning whose every word is looked at, some 80 kB each when they are full: so many, or `k` up to the most. */
const MEANING_CHUNKS = 100;
const MOST_MEANING_CHUNKS = 200;

export interface SenseQuestion {
  readonly vectors: WordVectors;
  /** Of the word; see `placeOfWord`. */
  readonly forms: readonly string[];
  readonly candidates: "word" | "meaning";
  /** Only places in documents whose metadata match. */
  readonly filter: Filter | undefined;
  readonly k: number;
  readonly group: "document" | "chunk";
}

export interface SenseHit extends Hit {
  readonly sense: {
    /** As it is written there. */
    readonly word: string;
    /** UTF-16 offsets in the document's text. */
    readonly start: number;
    readonly end: number;
    /** Cosine of the contextual vectors. */
    readonly similarity: number;
    readonly sentence: Sentence;
  };
}

export interface SenseHits {
  readonly hits: readonly SenseHit[];
  /** Places that were compared. */
  readonly compared: number;
  /** True when there are more places than were compared. */
  readonly truncated: boolean;
  /** Of chunks and vectors, out of Postgres. */
  readonly bytesRead: number;
}

interface Place extends ScoredPlace {
  readonly similarity: number;
  readonly chunk: UseChunk;
  readonly end: number;
  readonly word: string;
}

/**
 * Places where a word is used as in the question.
 * `word`: the word itself in any form, in the first 1,000 chunks that hold it; scored by {@link centredCosines}.
 * `meaning`: any word of the 100 (for k above that, up to 200) chunks that are nearest to the question's text, so another word for the same thing is found
 * as well; the score is the cosine of the two words' contextual vectors.
 * Nothing of the sentence's embedding is added to a score: in a chunk of several sentences it would be that of the others.
 */
export async function searchSense(
  database: Database,
  collection: Collection,
  question: SenseQuestion,
): Promise<SenseHits> {
  const { places, ...found } =
    question.candidates === "word"
      ? await placesOfWord(database, collection, question)
      : await placesNearby(database, collection, question);
  const best = bestPlaces(places, question);
  const labels = await readDocumentLabels(
    database,
    collection,
    best.map(({ documentId }) => documentId),
  );
  const sentenceAround = makeSentenceFinder();
  const hits = best.flatMap((place): SenseHit[] => {
    const label = labels.get(place.documentId);
    if (label === undefined) return [];
    const { documentId, chunk, start, end, word, score, similarity } = place;
    const sense = { word, start, end, similarity, sentence: sentenceAround(chunk, start) };
    return [{ documentId, score, ...label, chunk, sense }];
  });
  return { hits, compared: places.length, ...found };
}

type Places = Omit<SenseHits, "hits" | "compared"> & { readonly places: readonly Place[] };

async function placesOfWord(database: Database, collection: Collection, question: SenseQuestion): Promise<Places> {
  const { uses, ...found } = await findUses(database, collection, question.forms, WORD_CHUNKS, question.filter);
  const query = question.vectors.word;
  const scores = centredCosines(
    query,
    uses.map(({ vector }) => vector),
  );
  const places = uses.map((use, i) => ({ ...use, score: scores[i] ?? 0, similarity: dot(query, use.vector) }));
  return { places, ...found };
}

async function placesNearby(database: Database, collection: Collection, question: SenseQuestion): Promise<Places> {
  const { text: vector, word: query } = question.vectors;
  const limit = Math.min(MOST_MEANING_CHUNKS, Math.max(MEANING_CHUNKS, question.k));
  const { filter } = question;
  const nearest = await searchChunks(database, collection, { vector, k: limit, group: "chunk", filter });
  const keys = nearest.map(({ documentId, chunk }) => ({ documentId, ordinal: chunk.ordinal }));
  const chunks = await readChunkTokens(database, collection, keys);
  const places = chunks.flatMap(({ documentId, tokens, ...chunk }): Place[] => {
    const packed = unpackTokens(tokens, 0);
    const cosines = packedCosines(query, packed);
    const { starts, ends, rows } = packed.units;
    let best: Place | undefined;
    for (let i = 0; i < starts.length; i += 1) {
      const similarity = cosines[rows[i] ?? 0] ?? 0;
      if (best !== undefined && similarity <= best.similarity) continue;
      const word = chunk.text.slice(starts[i], ends[i]);
      if (!isWord(word)) continue;
      const start = chunk.start + (starts[i] ?? 0);
      const end = chunk.start + (ends[i] ?? 0);
      best = { documentId, chunk, start, end, word, score: similarity, similarity };
    }
    return best === undefined ? [] : [best];
  });
  const bytesRead = chunks.reduce((sum, { tokens, text }) => sum + tokens.length + Buffer.byteLength(text), 0);
  return { places, truncated: nearest.length === limit, bytesRead };
}
