import { Embeddings, type EmbeddingsParams } from "@langchain/core/embeddings";
import type { Polyseme } from "@polyseme/client";
import { clientOf, type Connection } from "./connection.ts";

export interface PolysemeEmbeddingsFields extends EmbeddingsParams, Connection {
  /** A model that lies on the server; its default one when left out. */
  readonly model?: string;
}

/** Texts a request. */
const BATCH = 512;

/** The server's model as LangChain's embeddings, for other stores than ours. */
export class PolysemeEmbeddings extends Embeddings {
  readonly model: string | undefined;
  readonly #client: Polyseme;

  constructor(fields: PolysemeEmbeddingsFields) {
    super(fields);
    this.model = fields.model;
    this.#client = clientOf(fields);
  }

  async embedDocuments(documents: string[]): Promise<number[][]> {
    const vectors: number[][] = [];
    for (let from = 0; from < documents.length; from += BATCH) {
      const input = documents.slice(from, from + BATCH);
      const { data } = await this.#client.embeddings({
        input,
        ...(this.model === undefined ? {} : { model: this.model }),
      });
      vectors.push(...data.map(({ embedding }) => [...embedding]));
    }
    return vectors;
  }

  async embedQuery(document: string): Promise<number[]> {
    const [vector] = await this.embedDocuments([document]);
    if (vector === undefined) throw new Error("The server answered without an embedding");
    return vector;
  }
}
