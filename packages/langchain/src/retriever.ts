import type { Document } from "@langchain/core/documents";
import { BaseRetriever, type BaseRetrieverInput } from "@langchain/core/retrievers";
import type { Polyseme, SearchRequest } from "@polyseme/client";
import { clientOf, type Connection } from "./connection.ts";
import { toDocument } from "./to-document.ts";

export interface PolysemeRetrieverFields extends BaseRetrieverInput, Connection {
  readonly collection: string;
  /** What else a search may say: k (4 when left out), mode, rerank, filter, group. */
  readonly search?: Omit<SearchRequest, "query" | "vector" | "like" | "sense">;
  /** The name in a found document's metadata for the passage's place and the document's title; left out: none. */
  readonly placeKey?: string;
}

const DEFAULT_K = 4;

/** LangChain's retriever over a collection, with everything that a polyseme search may say. */
export class PolysemeRetriever extends BaseRetriever {
  lc_namespace = ["polyseme", "retrievers"];
  readonly #client: Polyseme;
  readonly #fields: PolysemeRetrieverFields;

  constructor(fields: PolysemeRetrieverFields) {
    super(fields);
    this.#client = clientOf(fields);
    this.#fields = fields;
  }

  static override lc_name(): string {
    return "PolysemeRetriever";
  }

  override async _getRelevantDocuments(query: string): Promise<Document[]> {
    const { collection, search, placeKey } = this.#fields;
    const { hits } = await this.#client.search(collection, { k: DEFAULT_K, ...search, query });
    return hits.map((hit) => toDocument(hit, placeKey));
  }
}
