import { BaseEmbedding } from "@llamaindex/core/embeddings";
import type { Polyseme } from "@polyseme/client";
import { clientOf, type Connection } from "./connection.ts";

export interface PolysemeEmbeddingFields extends Connection {
  /** A model that lies on the server; its default one when left out. */
  readonly model?: string;
}

/** Texts a request. */
const BATCH = 512;

/** The server's model as LlamaIndex's embedding, such as for `Settings.embedModel`. */
export class PolysemeEmbedding extends BaseEmbedding {
  readonly model: string | undefined;
  readonly #client: Polyseme;

  constructor(fields: PolysemeEmbeddingFields) {
    super();
    this.model = fields.model;
    this.embedBatchSize = BATCH;
    this.#client = clientOf(fields);
  }

  async getTextEmbedding(text: string): Promise<number[]> {
    const [vector] = await this.getTextEmbeddings([text]);
    if (vector === undefined) throw new Error("The server answered without an embedding");
    return vector;
  }

  override getTextEmbeddings = async (texts: string[]): Promise<number[][]> => {
    const model = this.model === undefined ? {} : { model: this.model };
    const { data } = await this.#client.embeddings({ input: texts, ...model });
    return data.map(({ embedding }) => [...embedding]);
  };
}

/** For a store that pushes texts and asks by texts: the server embeds, and nothing is embedded twice. */
export class NoEmbedding extends BaseEmbedding {
  constructor() {
    super();
  }

  getTextEmbedding(_text: string): Promise<number[]> {
    return Promise.resolve([]);
  }

  override getTextEmbeddings = (texts: string[]): Promise<number[][]> => Promise.resolve(texts.map(() => []));
}
