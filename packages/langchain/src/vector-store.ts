import type { Callbacks } from "@langchain/core/callbacks/manager";
import type { Document, DocumentInterface } from "@langchain/core/documents";
import type { EmbeddingsInterface } from "@langchain/core/embeddings";
import { VectorStore, type MaxMarginalRelevanceSearchOptions } from "@langchain/core/vectorstores";
import type { Filter, Polyseme, PushDocument, SearchHit, SearchRequest } from "@polyseme/client";
import { chooseDiverse } from "./choose-diverse.ts";
import { clientOf, type Connection } from "./connection.ts";
import { PolysemeEmbeddings } from "./embeddings.ts";
import { pushAll } from "./push-all.ts";
import { readVectors } from "./read-vectors.ts";
import { toDocument } from "./to-document.ts";

/** polyseme's filter language over metadata, such as `{ year: { $gte: 2020 } }`. */
export type PolysemeFilter = Filter;

export interface PolysemeStoreConfig extends Connection {
  readonly collection: string;
  /** How texts are searched for: by meaning (`vector`, the default), by words, or both. */
  readonly mode?: SearchRequest["mode"];
  readonly rerank?: SearchRequest["rerank"];
  /** For every search, together with the search's own filter. */
  readonly filter?: PolysemeFilter;
  /** `chunk`: every passage that is near may be a hit, not only the best one of each document. */
  readonly group?: SearchRequest["group"];
  /** The name in a found document's metadata for the passage's place and the document's title; left out: none. */
  readonly placeKey?: string;
  /** How long added documents are waited for; 10 minutes when left out. */
  readonly waitMs?: number;
}

export interface AddOptions {
  /** One for each document; left out: the document's own, or a new one. */
  readonly ids?: readonly string[];
  /** False: resolve when the documents are durable, before they can be found. */
  readonly wait?: boolean;
}

/** Exactly one of them. */
export interface DeleteChoice {
  readonly ids?: readonly string[];
  readonly filter?: PolysemeFilter;
}

const DEFAULT_K = 4;
const DEFAULT_FETCH_K = 20;
const DEFAULT_LAMBDA = 0.5;
const DEFAULT_WAIT_MS = 600_000;

/**
 * A polyseme collection as LangChain's vector store. Texts are pushed and searched for as texts: the server embeds them
 * with the collection's model, so no embeddings need be given here; those that are given are not asked.
 */
export class PolysemeVectorStore extends VectorStore {
  declare FilterType: PolysemeFilter;
  readonly client: Polyseme;
  readonly collection: string;
  readonly #config: PolysemeStoreConfig;

  constructor(embeddings: EmbeddingsInterface | undefined, config: PolysemeStoreConfig) {
    const client = clientOf(config);
    super(embeddings ?? new PolysemeEmbeddings({ client }), config);
    this.client = client;
    this.collection = config.collection;
    this.#config = config;
  }

  static override lc_name(): string {
    return "PolysemeVectorStore";
  }

  _vectorstoreType(): string {
    return "polyseme";
  }

  /**
   * Pushes documents and waits until they can be found. An id that is there already gets a new version.
   * @returns their ids
   * @throws Error naming the first of those that were not taken or could not be embedded
   */
  async addDocuments(documents: DocumentInterface[], options: AddOptions = {}): Promise<string[]> {
    return this.#add(documents, options, () => ({}));
  }

  /** The same with vectors of the caller's own, for a collection that was made for such (`model: "none"`). */
  async addVectors(vectors: number[][], documents: DocumentInterface[], options: AddOptions = {}): Promise<string[]> {
    if (vectors.length !== documents.length)
      throw new Error(`There are ${vectors.length} vectors for ${documents.length} documents.`);
    return this.#add(documents, options, (index) => ({ embedding: vectors[index] }));
  }

  async #add(
    documents: DocumentInterface[],
    { ids, wait = true }: AddOptions,
    extra: (index: number) => object,
  ): Promise<string[]> {
    if (ids !== undefined && ids.length !== documents.length)
      throw new Error(`There are ${ids.length} ids for ${documents.length} documents.`);
    const pushed = documents.map(({ id, pageContent, metadata }, index): PushDocument => ({
      id: ids?.[index] ?? id ?? crypto.randomUUID(),
      text: pageContent,
      metadata,
      ...extra(index),
    }));
    const waitMs = this.#config.waitMs ?? DEFAULT_WAIT_MS;
    await pushAll(this.client, this.collection, pushed, wait ? waitMs : undefined);
    return pushed.map(({ id }) => id);
  }

  /**
   * Removes the documents with these ids, or those that a filter keeps. Ids that are not there are none to remove.
   * @throws Error when neither is given, so that nothing is deleted by a slip
   */
  override async delete({ ids, filter }: DeleteChoice): Promise<void> {
    if ((ids === undefined) === (filter === undefined))
      throw new Error("Say which documents to delete: either { ids } or { filter }.");
    await this.client.documents.delete(this.collection, filter === undefined ? (ids ?? []) : { filter });
  }

  async similaritySearchVectorWithScore(
    query: number[],
    k: number,
    filter?: PolysemeFilter,
  ): Promise<[Document, number][]> {
    return this.#scored(await this.#search({ vector: query }, k, filter));
  }

  override async similaritySearchWithScore(
    query: string,
    k = DEFAULT_K,
    filter?: PolysemeFilter,
    _callbacks?: Callbacks,
  ): Promise<[Document, number][]> {
    return this.#scored(await this.#search(this.#byText(query), k, filter));
  }

  override async similaritySearch(
    query: string,
    k = DEFAULT_K,
    filter?: PolysemeFilter,
    callbacks?: Callbacks,
  ): Promise<Document[]> {
    return (await this.similaritySearchWithScore(query, k, filter, callbacks)).map(([document]) => document);
  }

  /** Of the `fetchK` nearest, the `k` that are near to the query and differ from each other. */
  override async maxMarginalRelevanceSearch(
    query: string,
    options: MaxMarginalRelevanceSearchOptions<PolysemeFilter>,
    _callbacks?: Callbacks,
  ): Promise<Document[]> {
    const { k, fetchK = Math.max(DEFAULT_FETCH_K, k), lambda = DEFAULT_LAMBDA, filter } = options;
    // By meaning whatever the mode: the measure of likeness must be one for the query and between the hits.
    const hits = await this.#search({ query }, fetchK, filter);
    const candidates = await readVectors(this.client, this.collection, hits);
    return chooseDiverse(candidates, k, lambda).flatMap((index) => {
      const found = candidates[index];
      return found === undefined ? [] : [toDocument(found.hit, this.#config.placeKey)];
    });
  }

  #byText(query: string): SearchRequest {
    const { mode, rerank } = this.#config;
    return { query, ...(mode === undefined ? {} : { mode }), ...(rerank === undefined ? {} : { rerank }) };
  }

  async #search(request: SearchRequest, k: number, filter: PolysemeFilter | undefined): Promise<readonly SearchHit[]> {
    const { group } = this.#config;
    const both = [this.#config.filter, filter].filter((one) => one !== undefined);
    const { hits } = await this.client.search(this.collection, {
      ...request,
      k,
      ...(group === undefined ? {} : { group }),
      ...(both.length === 0 ? {} : { filter: both.length === 1 ? both[0] : { $and: both } }),
    });
    return hits;
  }

  #scored(hits: readonly SearchHit[]): [Document, number][] {
    return hits.map((hit) => [toDocument(hit, this.#config.placeKey), hit.score]);
  }

  static override async fromTexts(
    texts: string[],
    metadatas: object[] | object,
    embeddings: EmbeddingsInterface | undefined,
    config: PolysemeStoreConfig & AddOptions,
  ): Promise<PolysemeVectorStore> {
    const documents = texts.map((pageContent, index) => ({
      pageContent,
      metadata: { ...(Array.isArray(metadatas) ? (metadatas as object[])[index] : metadatas) },
    }));
    return PolysemeVectorStore.fromDocuments(documents, embeddings, config);
  }

  static override async fromDocuments(
    documents: DocumentInterface[],
    embeddings: EmbeddingsInterface | undefined,
    config: PolysemeStoreConfig & AddOptions,
  ): Promise<PolysemeVectorStore> {
    const store = new PolysemeVectorStore(embeddings, config);
    await store.addDocuments(documents, config);
    return store;
  }

  /** A collection that is there already. */
  static fromExistingCollection(
    embeddings: EmbeddingsInterface | undefined,
    config: PolysemeStoreConfig,
  ): PolysemeVectorStore {
    return new PolysemeVectorStore(embeddings, config);
  }
}
