import { TextNode, type BaseNode, MetadataMode } from "@llamaindex/core/schema";
import {
  BaseVectorStore,
  metadataDictToNode,
  nodeToMetadata,
  VectorStoreQueryMode,
  type VectorStoreBaseParams,
  type VectorStoreQuery,
  type VectorStoreQueryResult,
} from "@llamaindex/core/vector-store";
import type { Filter, Polyseme, PushDocument, SearchHit, SearchRequest } from "@polyseme/client";
import { clientOf, type Connection } from "./connection.ts";
import { NoEmbedding } from "./embedding.ts";
import { pushAll } from "./push-all.ts";
import { toFilter } from "./to-filter.ts";

export interface PolysemeStoreFields extends VectorStoreBaseParams, Connection {
  readonly collection: string;
  readonly rerank?: SearchRequest["rerank"];
  /** How long added nodes are waited for; 10 minutes when left out. */
  readonly waitMs?: number;
}

const DEFAULT_WAIT_MS = 600_000;
/** Where LlamaIndex's stores in other languages keep a node's source as well. */
const SOURCE = "ref_doc_id";

/**
 * A polyseme collection as LlamaIndex's vector store: one document a node. Texts are pushed and asked for as texts, and
 * the server embeds them with the collection's model.
 */
export class PolysemeVectorStore extends BaseVectorStore<Polyseme> {
  storesText = true;
  readonly collection: string;
  readonly #client: Polyseme;
  readonly #fields: PolysemeStoreFields;

  constructor(fields: PolysemeStoreFields) {
    super({ embedModel: fields.embedModel ?? fields.embeddingModel ?? new NoEmbedding() });
    this.collection = fields.collection;
    this.#client = clientOf(fields);
    this.#fields = fields;
  }

  client(): Polyseme {
    return this.#client;
  }

  /**
   * Pushes nodes and waits until they can be found.
   * @returns their ids
   * @throws Error naming the first of those that were not taken or could not be embedded
   */
  async add(nodes: BaseNode[]): Promise<string[]> {
    const documents = nodes.map((node): PushDocument => {
      const text = node.getContent(MetadataMode.NONE);
      return { id: node.id_, text, metadata: nodeToMetadata(node, true) };
    });
    await pushAll(this.#client, this.collection, documents, this.#fields.waitMs ?? DEFAULT_WAIT_MS);
    return nodes.map(({ id_ }) => id_);
  }

  /** Removes all nodes of a source document. */
  async delete(refDocId: string, _options?: object): Promise<void> {
    await this.#client.documents.delete(this.collection, { filter: { [SOURCE]: refDocId } });
  }

  /** Nodes nearest to the query's text, or to its vector where it has no text. */
  async query(query: VectorStoreQuery, _options?: object): Promise<VectorStoreQueryResult> {
    const filter = bothOf(toFilter(query.filters), idsFilter(query.docIds));
    const { hits } = await this.#client.search(this.collection, {
      ...this.#asked(query),
      k: query.similarityTopK,
      ...(filter === undefined ? {} : { filter }),
    });
    return {
      nodes: hits.map(toNode),
      similarities: hits.map(({ score }) => score),
      ids: hits.map(({ id }) => id),
    };
  }

  /** Nothing to do: what was added is durable already. */
  persist(_path?: string): Promise<void> {
    return Promise.resolve();
  }

  #asked({ queryStr, queryEmbedding, mode }: VectorStoreQuery): SearchRequest {
    const { rerank } = this.#fields;
    if (queryStr === undefined || queryStr === "") {
      if (queryEmbedding === undefined || queryEmbedding.length === 0)
        throw new Error("The query has neither a text nor a vector.");
      return { vector: queryEmbedding };
    }
    return { query: queryStr, ...modeOf(mode), ...(rerank === undefined ? {} : { rerank }) };
  }
}

/** @throws Error for a mode that has no counterpart */
function modeOf(mode: VectorStoreQueryMode): Pick<SearchRequest, "mode"> {
  switch (mode) {
    case VectorStoreQueryMode.DEFAULT:
      return {};
    case VectorStoreQueryMode.HYBRID:
    case VectorStoreQueryMode.SEMANTIC_HYBRID:
      return { mode: "hybrid" };
    case VectorStoreQueryMode.SPARSE:
      return { mode: "lexical" };
    case VectorStoreQueryMode.MMR:
    case VectorStoreQueryMode.SVM:
    case VectorStoreQueryMode.LOGISTIC_REGRESSION:
    case VectorStoreQueryMode.LINEAR_REGRESSION:
      throw new Error(`polyseme has no query mode "${mode}".`);
    default:
      return mode satisfies never;
  }
}

function idsFilter(docIds: readonly string[] | undefined): Filter | undefined {
  return docIds === undefined || docIds.length === 0 ? undefined : { [SOURCE]: { $in: docIds } };
}

function bothOf(a: Filter | undefined, b: Filter | undefined): Filter | undefined {
  return a === undefined || b === undefined ? (a ?? b) : { $and: [a, b] };
}

/** The node as it was added, with the passage that was found as its text. */
function toNode({ id, chunk, metadata }: SearchHit): BaseNode {
  // A document that was not pushed as a node becomes one.
  const node =
    typeof metadata["_node_content"] === "string"
      ? metadataDictToNode({ ...metadata })
      : metadataDictToNode({ ...metadata }, { fallback: { id_: id, text: chunk.text, metadata } });
  if (node instanceof TextNode) node.setContent(chunk.text);
  return node;
}
