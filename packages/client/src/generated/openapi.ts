// Made by npm run client:types from the server's /openapi.json. Not to be edited.
/* eslint-disable */
export interface paths {
  readonly "/healthz": {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    /** Alive */
    readonly get: operations["health"];
    readonly put?: never;
    readonly post?: never;
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly "/readyz": {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    /** Ready to serve */
    readonly get: operations["ready"];
    readonly put?: never;
    readonly post?: never;
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly "/metrics": {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    /** Prometheus text */
    readonly get: operations["metrics"];
    readonly put?: never;
    readonly post?: never;
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly "/v1/collections/{collection}/documents": {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly get?: never;
    readonly put?: never;
    /**
     * Push documents
     * @description One document, {documents: [...]}, or application/x-ndjson of any length. Durable before the answer. The collection is made at the first push.
     */
    readonly post: operations["pushDocuments"];
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly "/v1/collections/{collection}/documents/{id}": {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    /** A document with its state */
    readonly get: operations["getDocument"];
    readonly put?: never;
    readonly post?: never;
    /** Delete one document with its chunks, also while it is still queued */
    readonly delete: operations["deleteDocument"];
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly "/v1/collections/{collection}/documents/delete": {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly get?: never;
    readonly put?: never;
    /**
     * Delete documents by id or by a filter on their metadata, also while they are still queued
     * @description A filter deletes in batches; what is pushed meanwhile may stay. The filter {} is all documents.
     */
    readonly post: operations["deleteDocuments"];
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly "/v1/collections/{collection}/import": {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly get?: never;
    readonly put?: never;
    /**
     * Take in what an export wrote
     * @description application/x-ndjson as an export writes it. Vectors of the same model are stored without a run of the encoder; the collection is made where it is not there.
     */
    readonly post: {
      readonly parameters: {
        readonly query?: {
          /** @description true: leave the vectors out, and encode the documents anew */
          readonly reembed?: "true" | "false";
        };
        readonly header?: never;
        readonly path: {
          readonly collection: string;
        };
        readonly cookie?: never;
      };
      readonly requestBody: {
        readonly content: {
          readonly "application/x-ndjson": {
            readonly polyseme?: string;
            readonly id?: string;
            readonly text?: string;
          };
        };
      };
      readonly responses: {
        /** @description Default Response */
        readonly 202: {
          headers: {
            readonly [name: string]: unknown;
          };
          content: {
            readonly "application/json": {
              readonly ticket: string;
              readonly accepted: number;
              readonly unchanged: number;
              readonly rejected: readonly {
                /** @description Place in the push, from 0 */
                readonly index: number;
                readonly id?: string;
                readonly code: string;
                /** @description The part of the document that is at fault */
                readonly field: string;
                readonly message: string;
              }[];
              /** @description Rejections beyond the listed ones */
              readonly rejectedOmitted?: number;
              /**
               * @description queued: those of the stream were left out, and the encoder makes others
               * @enum {unknown}
               */
              readonly vectors: "stored" | "queued";
              /** @description false: the stream ended without an export's last line */
              readonly complete: boolean;
            };
          };
        };
      };
    };
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly "/v1/tickets/{ticket}": {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    /** State of a push; with wait, answered as soon as nothing is pending */
    readonly get: operations["getTicket"];
    readonly put?: never;
    readonly post?: never;
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly "/v1/tickets/{ticket}/events": {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    /** The same as server-sent events */
    readonly get: operations["watchTicket"];
    readonly put?: never;
    readonly post?: never;
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly "/v1/collections/{collection}": {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    /** Settings, counts by state, coverage, backlog */
    readonly get: operations["getCollection"];
    /** Make a collection, or confirm its settings */
    readonly put: operations["putCollection"];
    readonly post?: never;
    /** Remove a collection with all its documents */
    readonly delete: operations["deleteCollection"];
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly "/v1/collections": {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    /** All collections that the key may see */
    readonly get: operations["listCollections"];
    readonly put?: never;
    readonly post?: never;
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly "/v1/aliases/{alias}": {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly get?: never;
    /** Make an alias, or let it stand for another collection */
    readonly put: {
      readonly parameters: {
        readonly query?: never;
        readonly header?: never;
        readonly path: {
          readonly alias: string;
        };
        readonly cookie?: never;
      };
      readonly requestBody: {
        readonly content: {
          readonly "application/json": {
            readonly collection: string;
          };
        };
      };
      readonly responses: {
        /** @description Default Response */
        readonly 200: {
          headers: {
            readonly [name: string]: unknown;
          };
          content: {
            readonly "application/json": {
              readonly name: string;
              readonly collection: string;
              readonly createdAt: string;
              /** @description When it came to stand for this collection */
              readonly changedAt: string;
            };
          };
        };
        /** @description Default Response */
        readonly 201: {
          headers: {
            readonly [name: string]: unknown;
          };
          content: {
            readonly "application/json": {
              readonly name: string;
              readonly collection: string;
              readonly createdAt: string;
              /** @description When it came to stand for this collection */
              readonly changedAt: string;
            };
          };
        };
      };
    };
    readonly post?: never;
    /** Remove an alias; its collection stays */
    readonly delete: {
      readonly parameters: {
        readonly query?: never;
        readonly header?: never;
        readonly path: {
          readonly alias: string;
        };
        readonly cookie?: never;
      };
      readonly requestBody?: never;
      readonly responses: {
        /** @description Default Response */
        readonly 200: {
          headers: {
            readonly [name: string]: unknown;
          };
          content: {
            readonly "application/json": {
              readonly deleted: string;
            };
          };
        };
      };
    };
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly "/v1/aliases": {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    /** All aliases that the key may use, or whose collection it may */
    readonly get: {
      readonly parameters: {
        readonly query?: never;
        readonly header?: never;
        readonly path?: never;
        readonly cookie?: never;
      };
      readonly requestBody?: never;
      readonly responses: {
        /** @description Default Response */
        readonly 200: {
          headers: {
            readonly [name: string]: unknown;
          };
          content: {
            readonly "application/json": {
              readonly aliases: readonly {
                readonly name: string;
                readonly collection: string;
                readonly createdAt: string;
                /** @description When it came to stand for this collection */
                readonly changedAt: string;
              }[];
            };
          };
        };
      };
    };
    readonly put?: never;
    readonly post?: never;
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly "/v1/collections/{collection}/migrate": {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly get?: never;
    readonly put?: never;
    /** Build a new generation with other settings beside the live one */
    readonly post: operations["startMigration"];
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly "/v1/collections/{collection}/migration": {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    /** How far the migration is */
    readonly get: operations["getMigration"];
    readonly put?: never;
    readonly post?: never;
    /** End the migration: drop the generation that is not live */
    readonly delete: operations["endMigration"];
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly "/v1/collections/{collection}/migration/overlap": {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly get?: never;
    readonly put?: never;
    /** Measure anew how far the answers of both generations are the same */
    readonly post: {
      readonly parameters: {
        readonly query?: never;
        readonly header?: never;
        readonly path: {
          readonly collection: string;
        };
        readonly cookie?: never;
      };
      readonly requestBody?: never;
      readonly responses: {
        /** @description Default Response */
        readonly 200: {
          headers: {
            readonly [name: string]: unknown;
          };
          content: {
            readonly "application/json": {
              /** @description Number of the generation that was live at the start */
              readonly from: number;
              /** @description Number of the new one */
              readonly to: number;
              readonly settings: {
                readonly model: string;
                readonly dimensions: number;
                readonly chunking: {
                  readonly maxTokens: number;
                  readonly overlapTokens: number;
                  readonly strategy: string;
                };
                readonly tokenVectors: string;
                readonly tokenPooling: number;
                readonly lateChunking: boolean;
                readonly sparse: {
                  readonly model: string;
                  readonly dimensions: number;
                } | null;
                readonly language: string | null;
              };
              /**
               * @description ready: nothing is pending, it may be cut over; live: the new generation answers searches
               * @enum {unknown}
               */
              readonly state: "building" | "ready" | "live" | "rolled_back";
              /**
               * @description rechunk: from stored token vectors, without the encoder
               * @enum {unknown}
               */
              readonly method: "reembed" | "rechunk";
              /** @description In the generation that is not live */
              readonly documents: {
                readonly total: number;
                readonly done: number;
                readonly failed: number;
                readonly pending: number;
              };
              /** @description null: not known yet, or not being built */
              readonly etaSeconds: number | null;
              /** @description Share of the nearest documents that are the same in both generations, by questions made of documents */
              readonly overlap: {
                readonly at: number;
                readonly queries: number;
                readonly mean: number;
                readonly least: number;
                readonly measuredAt: string;
              } | null;
              /** @description Why there is no overlap: "building" and "measuring" pass, anything else is a sentence */
              readonly overlapReason: string | null;
              /** @description The first of the failed ones */
              readonly failures: readonly {
                readonly id: string;
                readonly code: string;
                readonly message: string;
              }[];
              readonly startedAt: string;
              readonly cutoverAt: string | null;
            };
          };
        };
      };
    };
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly "/v1/collections/{collection}/migration/cutover": {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly get?: never;
    readonly put?: never;
    /** Make the new generation the live one */
    readonly post: operations["cutOverMigration"];
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly "/v1/collections/{collection}/migration/rollback": {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly get?: never;
    readonly put?: never;
    /** Make the old generation live again */
    readonly post: operations["rollBackMigration"];
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly "/v1/collections/{collection}/export": {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    /** Documents with chunks and vectors, all of one moment */
    readonly get: {
      readonly parameters: {
        readonly query?: {
          /** @description base64 (of 32-bit little-endian floats; the default), json (arrays of numbers) or none */
          readonly vectors?: "base64" | "json" | "none";
        };
        readonly header?: never;
        readonly path: {
          readonly collection: string;
        };
        readonly cookie?: never;
      };
      readonly requestBody?: never;
      readonly responses: {
        /** @description NDJSON: a line of settings, a line for each document, a last line with counts. Without the last, it was cut. */
        readonly 200: {
          headers: {
            readonly [name: string]: unknown;
          };
          content: {
            readonly "application/x-ndjson": Record<string, never>;
          };
        };
      };
    };
    readonly put?: never;
    readonly post?: never;
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly "/v1/failures": {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    /** Failed documents with their errors, the newest failure first */
    readonly get: operations["listFailures"];
    readonly put?: never;
    readonly post?: never;
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly "/v1/failures/redrive": {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly get?: never;
    readonly put?: never;
    /**
     * Try failed documents again, as if they had just been pushed
     * @description All that are chosen; an empty object chooses every failure. What has been redriven is no failure any more, so asking twice does no more than asking once.
     */
    readonly post: operations["redriveFailures"];
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly "/v1/collections/{collection}/search": {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly get?: never;
    readonly put?: never;
    /** The documents nearest in meaning, or that hold the query's words, each with its best chunk */
    readonly post: operations["search"];
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly "/v1/collections/{collection}/senses": {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    /** A word's uses grouped into senses, with typical contexts and neighbours */
    readonly get: operations["senses"];
    readonly put?: never;
    readonly post?: never;
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly "/v1/inspect": {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly get?: never;
    readonly put?: never;
    /** Tokens of a text with their static and contextual vectors */
    readonly post: operations["inspect"];
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly "/v1/embeddings": {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly get?: never;
    readonly put?: never;
    /** Embeddings in OpenAI's shape; texts longer than the model takes are cut */
    readonly post: operations["embeddings"];
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly "/v1/models": {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    /** The models that lie here, in OpenAI's shape, the default one first */
    readonly get: operations["listModels"];
    readonly put?: never;
    readonly post?: never;
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly "/v1/models/{model}": {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    /** One model, in OpenAI's shape */
    readonly get: operations["getModel"];
    readonly put?: never;
    readonly post?: never;
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly "/info": {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    /** The default model and the limits */
    readonly get: operations["teiInfo"];
    readonly put?: never;
    readonly post?: never;
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly "/health": {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    /** The encoder answers */
    readonly get: operations["teiHealth"];
    readonly put?: never;
    readonly post?: never;
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly "/embed": {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly get?: never;
    readonly put?: never;
    /** Embeddings of the default model */
    readonly post: operations["teiEmbed"];
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly "/embed_all": {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly get?: never;
    readonly put?: never;
    /** The contextual vector of every token, special tokens too */
    readonly post: operations["teiEmbedAll"];
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly "/similarity": {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly get?: never;
    readonly put?: never;
    /** Cosine of a sentence with each of others */
    readonly post: operations["teiSimilarity"];
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly "/tokenize": {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly get?: never;
    readonly put?: never;
    /** All tokens of texts, whatever the model's limit */
    readonly post: operations["teiTokenize"];
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly "/decode": {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly get?: never;
    readonly put?: never;
    /** Texts of token ids */
    readonly post: operations["teiDecode"];
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly "/rerank": {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly get?: never;
    readonly put?: never;
    /** Texts by how well they fit a query, as the model of POLYSEME_RERANK_MODEL says */
    readonly post: operations["teiRerank"];
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly "/embed_sparse": {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly get?: never;
    readonly put?: never;
    /** Not here: There is no sparse model here. POST /v1/collections/{collection}/search ranks by words. */
    readonly post: operations["teiEmbedSparse"];
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly "/predict": {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly get?: never;
    readonly put?: never;
    /** Not here: There is no classifier here. */
    readonly post: operations["teiPredict"];
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly "/v1/keys": {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    /** All API keys, without their secrets */
    readonly get: operations["listKeys"];
    readonly put?: never;
    /** Make an API key; its secret is in this answer and nowhere else */
    readonly post: operations["createKey"];
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly "/v1/keys/{id}": {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly get?: never;
    readonly put?: never;
    readonly post?: never;
    /** Revoke an API key: within seconds no process knows it any more */
    readonly delete: operations["revokeKey"];
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly "/": {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    /** The web page (text/html) */
    readonly get: {
      readonly parameters: {
        readonly query?: never;
        readonly header?: never;
        readonly path?: never;
        readonly cookie?: never;
      };
      readonly requestBody?: never;
      readonly responses: {
        /** @description Default Response */
        readonly 200: {
          headers: {
            readonly [name: string]: unknown;
          };
          content?: never;
        };
      };
    };
    readonly put?: never;
    readonly post?: never;
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
}
export type webhooks = Record<string, never>;
export interface components {
  schemas: never;
  responses: never;
  parameters: never;
  requestBodies: never;
  headers: never;
  pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
  readonly health: {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly requestBody?: never;
    readonly responses: {
      /** @description Default Response */
      readonly 200: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/json": {
            readonly status: string;
          };
        };
      };
    };
  };
  readonly ready: {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly requestBody?: never;
    readonly responses: {
      /** @description Default Response */
      readonly 200: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/json": {
            /** @enum {unknown} */
            readonly status: "ready" | "not ready";
            /** @description What was checked: ok, or what is wrong */
            readonly checks: {
              readonly [key: string]: string;
            };
          };
        };
      };
      /** @description Default Response */
      readonly 503: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/json": {
            /** @enum {unknown} */
            readonly status: "ready" | "not ready";
            /** @description What was checked: ok, or what is wrong */
            readonly checks: {
              readonly [key: string]: string;
            };
          };
        };
      };
    };
  };
  readonly metrics: {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly requestBody?: never;
    readonly responses: {
      /** @description Metrics */
      readonly 200: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "text/plain": string;
        };
      };
    };
  };
  readonly pushDocuments: {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path: {
        readonly collection: string;
      };
      readonly cookie?: never;
    };
    readonly requestBody: {
      readonly content: {
        readonly "application/json":
          | {
              /** @description No NUL, no half of a surrogate pair */
              readonly id: string;
              /** @description Not only white space */
              readonly text: string;
              readonly title?: string | null;
              readonly metadata?: {
                readonly [key: string]: unknown;
              } | null;
              readonly priority?: number;
              readonly sections?:
                | readonly {
                    /** @description UTF-16 offset in the text, behind that of the section before */
                    readonly start: number;
                    /** @description such as a path of headings: encoded before each chunk of the section, and no part of its text */
                    readonly context?: string;
                  }[]
                | null;
              /** @description Only where the collection's model is "none": numbers, or the base64 of 32-bit little-endian floats */
              readonly embedding?: readonly number[] | string;
              readonly chunks?: readonly {
                readonly start: number;
                readonly end: number;
                /** @description Only where the collection's model is "none": numbers, or the base64 of 32-bit little-endian floats */
                readonly embedding: readonly number[] | string;
              }[];
            }
          | {
              readonly documents: readonly {
                /** @description No NUL, no half of a surrogate pair */
                readonly id: string;
                /** @description Not only white space */
                readonly text: string;
                readonly title?: string | null;
                readonly metadata?: {
                  readonly [key: string]: unknown;
                } | null;
                readonly priority?: number;
                readonly sections?:
                  | readonly {
                      /** @description UTF-16 offset in the text, behind that of the section before */
                      readonly start: number;
                      /** @description such as a path of headings: encoded before each chunk of the section, and no part of its text */
                      readonly context?: string;
                    }[]
                  | null;
                /** @description Only where the collection's model is "none": numbers, or the base64 of 32-bit little-endian floats */
                readonly embedding?: readonly number[] | string;
                readonly chunks?: readonly {
                  readonly start: number;
                  readonly end: number;
                  /** @description Only where the collection's model is "none": numbers, or the base64 of 32-bit little-endian floats */
                  readonly embedding: readonly number[] | string;
                }[];
              }[];
            };
        readonly "application/x-ndjson": {
          /** @description No NUL, no half of a surrogate pair */
          readonly id: string;
          /** @description Not only white space */
          readonly text: string;
          readonly title?: string | null;
          readonly metadata?: {
            readonly [key: string]: unknown;
          } | null;
          readonly priority?: number;
          readonly sections?:
            | readonly {
                /** @description UTF-16 offset in the text, behind that of the section before */
                readonly start: number;
                /** @description such as a path of headings: encoded before each chunk of the section, and no part of its text */
                readonly context?: string;
              }[]
            | null;
          /** @description Only where the collection's model is "none": numbers, or the base64 of 32-bit little-endian floats */
          readonly embedding?: readonly number[] | string;
          readonly chunks?: readonly {
            readonly start: number;
            readonly end: number;
            /** @description Only where the collection's model is "none": numbers, or the base64 of 32-bit little-endian floats */
            readonly embedding: readonly number[] | string;
          }[];
        };
      };
    };
    readonly responses: {
      /** @description Default Response */
      readonly 202: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/json": {
            readonly ticket: string;
            readonly accepted: number;
            readonly unchanged: number;
            readonly rejected: readonly {
              /** @description Place in the push, from 0 */
              readonly index: number;
              readonly id?: string;
              readonly code: string;
              /** @description The part of the document that is at fault */
              readonly field: string;
              readonly message: string;
            }[];
            /** @description Rejections beyond the listed ones */
            readonly rejectedOmitted?: number;
          };
        };
      };
    };
  };
  readonly getDocument: {
    readonly parameters: {
      readonly query?: {
        /** @description chunks,embeddings,tokens */
        readonly include?: string;
        /** @description the ordinal of the one chunk that is wanted */
        readonly chunk?: string;
      };
      readonly header?: never;
      readonly path: {
        readonly collection: string;
        readonly id: string;
      };
      readonly cookie?: never;
    };
    readonly requestBody?: never;
    readonly responses: {
      /** @description Default Response */
      readonly 200: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/json": {
            readonly id: string;
            readonly title: string | null;
            readonly text: string;
            /** @description as they were pushed; left out where there are none */
            readonly sections?: readonly {
              readonly start: number;
              readonly context?: string;
            }[];
            readonly metadata: {
              readonly [key: string]: unknown;
            };
            /** @enum {unknown} */
            readonly state: "queued" | "embedding" | "stored" | "failed";
            readonly version: number;
            readonly attempts: number;
            readonly error?: {
              readonly code: string;
              readonly message: string;
            };
            readonly storedAt: string | null;
            readonly chunks?: readonly {
              readonly ordinal: number;
              readonly start: number;
              readonly end: number;
              readonly tokens: number;
              readonly text: string;
              readonly embedding?: readonly number[];
              readonly units?: readonly {
                readonly text: string;
                /** @description UTF-16 offset into the document's text */
                readonly start: number;
                readonly end: number;
                /** @description tokens of the model in it */
                readonly pieces: number;
                /** @description contextual, not normalised, as far as its storage is exact */
                readonly vector: readonly number[];
              }[];
            }[];
          };
        };
      };
    };
  };
  readonly deleteDocument: {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path: {
        readonly collection: string;
        readonly id: string;
      };
      readonly cookie?: never;
    };
    readonly requestBody?: never;
    readonly responses: {
      /** @description Default Response */
      readonly 200: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/json": {
            readonly deleted: number;
          };
        };
      };
    };
  };
  readonly deleteDocuments: {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path: {
        readonly collection: string;
      };
      readonly cookie?: never;
    };
    readonly requestBody: {
      readonly content: {
        readonly "application/json": {
          readonly ids?: readonly string[];
          /** @description Keeps documents by their metadata: {"lang": "en", "price": {"$gte": 10, "$lt": 20}}; $eq $ne $gt $gte $lt $lte $in $nin $exists, $and $or $not */
          readonly filter?: unknown;
        };
      };
    };
    readonly responses: {
      /** @description Default Response */
      readonly 200: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/json": {
            readonly deleted: number;
          };
        };
      };
    };
  };
  readonly getTicket: {
    readonly parameters: {
      readonly query?: {
        /** @description How long to hold the answer back, such as 30s or 500ms */
        readonly wait?: string;
      };
      readonly header?: never;
      readonly path: {
        readonly ticket: string;
      };
      readonly cookie?: never;
    };
    readonly requestBody?: never;
    readonly responses: {
      /** @description Default Response */
      readonly 200: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/json": {
            readonly total: number;
            readonly stored: number;
            readonly failed: number;
            readonly pending: number;
            /** @description Deleted after they were pushed: neither stored nor waited for */
            readonly deleted: number;
            /** @description Tokens of the stored ones */
            readonly tokens: number;
            /** @description The first of the failed ones */
            readonly failures: readonly {
              readonly id: string;
              readonly code: string;
              readonly message: string;
            }[];
          };
        };
      };
    };
  };
  readonly watchTicket: {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path: {
        readonly ticket: string;
      };
      readonly cookie?: never;
    };
    readonly requestBody?: never;
    readonly responses: {
      /** @description Events `progress` and, when nothing is pending, one `done`, after which the stream ends */
      readonly 200: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "text/event-stream": string;
        };
      };
    };
  };
  readonly getCollection: {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path: {
        readonly collection: string;
      };
      readonly cookie?: never;
    };
    readonly requestBody?: never;
    readonly responses: {
      /** @description Default Response */
      readonly 200: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/json": {
            readonly name: string;
            readonly model: string;
            readonly dimensions: number;
            readonly chunking: {
              readonly maxTokens: number;
              readonly overlapTokens: number;
              readonly strategy: string;
            };
            readonly lateChunking: boolean;
            readonly tokenVectors: string;
            readonly tokenPooling: number;
            readonly sparse: {
              readonly model: string;
              readonly dimensions: number;
            } | null;
            readonly language: string | null;
            readonly aliases: readonly string[];
            readonly index: {
              readonly vector: string;
              readonly precision: string;
              readonly recall: number;
              readonly text: string;
              readonly metadata: boolean | readonly string[];
              readonly built: readonly {
                /** @enum {unknown} */
                readonly kind: "vector" | "text" | "metadata";
                readonly name: string;
                /** @enum {unknown} */
                readonly state: "building" | "ready" | "invalid";
                /** @description 0 to 1, while it is built */
                readonly progress?: number;
                readonly bytes: number;
              }[];
              /** @description Searches for stored vectors, measured now and then; what ef_search is set from */
              readonly measured?: {
                readonly at: string;
                /** @description How many there were */
                readonly chunks: number;
                /** @description Median of an exact search in Postgres */
                readonly exactMs: number;
                readonly graph?: {
                  /** @description hnsw.ef_search of a search for ten */
                  readonly efSearch: number;
                  /** @description Share of the exact answer that it finds */
                  readonly recall: number;
                  /** @description Its median in Postgres */
                  readonly ms: number;
                  /** @description false: the deepest search finds less than was asked for */
                  readonly reaches: boolean;
                };
              };
            };
            readonly generation: number;
            readonly createdAt: string;
            readonly documents: {
              readonly total: number;
              readonly queued: number;
              readonly embedding: number;
              readonly stored: number;
              readonly failed: number;
            };
            readonly chunks: number;
            readonly coverage: number;
            readonly oldestPendingAgeSeconds: number | null;
            readonly backlogSeconds: number | null;
          };
        };
      };
    };
  };
  readonly putCollection: {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path: {
        readonly collection: string;
      };
      readonly cookie?: never;
    };
    readonly requestBody: {
      readonly content: {
        readonly "application/json": {
          /** @description "none": vectors come with the documents */
          readonly model?: string;
          /** @description Only with model "none" */
          readonly dimensions?: number;
          readonly chunking?: {
            readonly maxTokens?: number;
            readonly overlapTokens?: number;
            /** @enum {unknown} */
            readonly strategy?: "sentence" | "token";
          };
          readonly language?: string;
          readonly lateChunking?: boolean;
          /** @enum {unknown} */
          readonly tokenVectors?: "none" | "int8" | "half";
          /** @enum {unknown} */
          readonly tokenPooling?: 1 | 2 | 3;
          /** @description A SPLADE model beside the other: chunks get its weights, for searches of mode sparse. null: none */
          readonly sparse?: {
            readonly model: string;
          } | null;
          readonly index?: {
            /**
             * @description auto: exact while that is fast, an HNSW graph when it pays; exact: never a graph; hnsw: always one
             * @enum {unknown}
             */
            readonly vector?: "auto" | "exact" | "hnsw";
            /**
             * @description How the graph holds vectors; what it finds is ranked by the full ones
             * @enum {unknown}
             */
            readonly precision?: "full" | "half" | "bit";
            /** @description Share of the exact answer's ten nearest that a search through the graph is to find */
            readonly recall?: number;
            /** @enum {unknown} */
            readonly text?: "auto" | "none" | "gin";
            /** @description true: an index for equality; fields: for each an index for ranges as well */
            readonly metadata?: boolean | readonly string[];
          };
        };
      };
    };
    readonly responses: {
      /** @description Default Response */
      readonly 200: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/json": {
            readonly name: string;
            readonly model: string;
            readonly dimensions: number;
            readonly chunking: {
              readonly maxTokens: number;
              readonly overlapTokens: number;
              readonly strategy: string;
            };
            readonly lateChunking: boolean;
            readonly tokenVectors: string;
            readonly tokenPooling: number;
            readonly sparse: {
              readonly model: string;
              readonly dimensions: number;
            } | null;
            readonly language: string | null;
            readonly aliases: readonly string[];
            readonly index: {
              readonly vector: string;
              readonly precision: string;
              readonly recall: number;
              readonly text: string;
              readonly metadata: boolean | readonly string[];
              readonly built: readonly {
                /** @enum {unknown} */
                readonly kind: "vector" | "text" | "metadata";
                readonly name: string;
                /** @enum {unknown} */
                readonly state: "building" | "ready" | "invalid";
                /** @description 0 to 1, while it is built */
                readonly progress?: number;
                readonly bytes: number;
              }[];
              /** @description Searches for stored vectors, measured now and then; what ef_search is set from */
              readonly measured?: {
                readonly at: string;
                /** @description How many there were */
                readonly chunks: number;
                /** @description Median of an exact search in Postgres */
                readonly exactMs: number;
                readonly graph?: {
                  /** @description hnsw.ef_search of a search for ten */
                  readonly efSearch: number;
                  /** @description Share of the exact answer that it finds */
                  readonly recall: number;
                  /** @description Its median in Postgres */
                  readonly ms: number;
                  /** @description false: the deepest search finds less than was asked for */
                  readonly reaches: boolean;
                };
              };
            };
            readonly generation: number;
            readonly createdAt: string;
            readonly documents: {
              readonly total: number;
              readonly queued: number;
              readonly embedding: number;
              readonly stored: number;
              readonly failed: number;
            };
            readonly chunks: number;
            readonly coverage: number;
            readonly oldestPendingAgeSeconds: number | null;
            readonly backlogSeconds: number | null;
          };
        };
      };
      /** @description Default Response */
      readonly 201: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/json": {
            readonly name: string;
            readonly model: string;
            readonly dimensions: number;
            readonly chunking: {
              readonly maxTokens: number;
              readonly overlapTokens: number;
              readonly strategy: string;
            };
            readonly lateChunking: boolean;
            readonly tokenVectors: string;
            readonly tokenPooling: number;
            readonly sparse: {
              readonly model: string;
              readonly dimensions: number;
            } | null;
            readonly language: string | null;
            readonly aliases: readonly string[];
            readonly index: {
              readonly vector: string;
              readonly precision: string;
              readonly recall: number;
              readonly text: string;
              readonly metadata: boolean | readonly string[];
              readonly built: readonly {
                /** @enum {unknown} */
                readonly kind: "vector" | "text" | "metadata";
                readonly name: string;
                /** @enum {unknown} */
                readonly state: "building" | "ready" | "invalid";
                /** @description 0 to 1, while it is built */
                readonly progress?: number;
                readonly bytes: number;
              }[];
              /** @description Searches for stored vectors, measured now and then; what ef_search is set from */
              readonly measured?: {
                readonly at: string;
                /** @description How many there were */
                readonly chunks: number;
                /** @description Median of an exact search in Postgres */
                readonly exactMs: number;
                readonly graph?: {
                  /** @description hnsw.ef_search of a search for ten */
                  readonly efSearch: number;
                  /** @description Share of the exact answer that it finds */
                  readonly recall: number;
                  /** @description Its median in Postgres */
                  readonly ms: number;
                  /** @description false: the deepest search finds less than was asked for */
                  readonly reaches: boolean;
                };
              };
            };
            readonly generation: number;
            readonly createdAt: string;
            readonly documents: {
              readonly total: number;
              readonly queued: number;
              readonly embedding: number;
              readonly stored: number;
              readonly failed: number;
            };
            readonly chunks: number;
            readonly coverage: number;
            readonly oldestPendingAgeSeconds: number | null;
            readonly backlogSeconds: number | null;
          };
        };
      };
    };
  };
  readonly deleteCollection: {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path: {
        readonly collection: string;
      };
      readonly cookie?: never;
    };
    readonly requestBody?: never;
    readonly responses: {
      /** @description Default Response */
      readonly 200: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/json": {
            readonly deleted: string;
          };
        };
      };
    };
  };
  readonly listCollections: {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly requestBody?: never;
    readonly responses: {
      /** @description Default Response */
      readonly 200: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/json": {
            readonly collections: readonly {
              readonly name: string;
              readonly model: string;
              readonly dimensions: number;
              readonly chunking: {
                readonly maxTokens: number;
                readonly overlapTokens: number;
                readonly strategy: string;
              };
              readonly lateChunking: boolean;
              readonly tokenVectors: string;
              readonly tokenPooling: number;
              readonly sparse: {
                readonly model: string;
                readonly dimensions: number;
              } | null;
              readonly language: string | null;
              readonly aliases: readonly string[];
              readonly index: {
                readonly vector: string;
                readonly precision: string;
                readonly recall: number;
                readonly text: string;
                readonly metadata: boolean | readonly string[];
                readonly built: readonly {
                  /** @enum {unknown} */
                  readonly kind: "vector" | "text" | "metadata";
                  readonly name: string;
                  /** @enum {unknown} */
                  readonly state: "building" | "ready" | "invalid";
                  /** @description 0 to 1, while it is built */
                  readonly progress?: number;
                  readonly bytes: number;
                }[];
                /** @description Searches for stored vectors, measured now and then; what ef_search is set from */
                readonly measured?: {
                  readonly at: string;
                  /** @description How many there were */
                  readonly chunks: number;
                  /** @description Median of an exact search in Postgres */
                  readonly exactMs: number;
                  readonly graph?: {
                    /** @description hnsw.ef_search of a search for ten */
                    readonly efSearch: number;
                    /** @description Share of the exact answer that it finds */
                    readonly recall: number;
                    /** @description Its median in Postgres */
                    readonly ms: number;
                    /** @description false: the deepest search finds less than was asked for */
                    readonly reaches: boolean;
                  };
                };
              };
              readonly generation: number;
              readonly createdAt: string;
              readonly documents: {
                readonly total: number;
                readonly queued: number;
                readonly embedding: number;
                readonly stored: number;
                readonly failed: number;
              };
              readonly chunks: number;
              readonly coverage: number;
              readonly oldestPendingAgeSeconds: number | null;
              readonly backlogSeconds: number | null;
            }[];
          };
        };
      };
    };
  };
  readonly startMigration: {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path: {
        readonly collection: string;
      };
      readonly cookie?: never;
    };
    readonly requestBody: {
      readonly content: {
        readonly "application/json": {
          readonly model?: string;
          readonly chunking?: {
            readonly maxTokens?: number;
            readonly overlapTokens?: number;
            /** @enum {unknown} */
            readonly strategy?: "sentence" | "token";
          };
          readonly language?: string;
          readonly lateChunking?: boolean;
          /** @enum {unknown} */
          readonly tokenVectors?: "none" | "int8" | "half";
          /** @enum {unknown} */
          readonly tokenPooling?: 1 | 2 | 3;
          /** @description A SPLADE model beside the other: chunks get its weights, for searches of mode sparse. null: none */
          readonly sparse?: {
            readonly model: string;
          } | null;
        };
      };
    };
    readonly responses: {
      /** @description Default Response */
      readonly 202: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/json": {
            /** @description Number of the generation that was live at the start */
            readonly from: number;
            /** @description Number of the new one */
            readonly to: number;
            readonly settings: {
              readonly model: string;
              readonly dimensions: number;
              readonly chunking: {
                readonly maxTokens: number;
                readonly overlapTokens: number;
                readonly strategy: string;
              };
              readonly tokenVectors: string;
              readonly tokenPooling: number;
              readonly lateChunking: boolean;
              readonly sparse: {
                readonly model: string;
                readonly dimensions: number;
              } | null;
              readonly language: string | null;
            };
            /**
             * @description ready: nothing is pending, it may be cut over; live: the new generation answers searches
             * @enum {unknown}
             */
            readonly state: "building" | "ready" | "live" | "rolled_back";
            /**
             * @description rechunk: from stored token vectors, without the encoder
             * @enum {unknown}
             */
            readonly method: "reembed" | "rechunk";
            /** @description In the generation that is not live */
            readonly documents: {
              readonly total: number;
              readonly done: number;
              readonly failed: number;
              readonly pending: number;
            };
            /** @description null: not known yet, or not being built */
            readonly etaSeconds: number | null;
            /** @description Share of the nearest documents that are the same in both generations, by questions made of documents */
            readonly overlap: {
              readonly at: number;
              readonly queries: number;
              readonly mean: number;
              readonly least: number;
              readonly measuredAt: string;
            } | null;
            /** @description Why there is no overlap: "building" and "measuring" pass, anything else is a sentence */
            readonly overlapReason: string | null;
            /** @description The first of the failed ones */
            readonly failures: readonly {
              readonly id: string;
              readonly code: string;
              readonly message: string;
            }[];
            readonly startedAt: string;
            readonly cutoverAt: string | null;
          };
        };
      };
    };
  };
  readonly getMigration: {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path: {
        readonly collection: string;
      };
      readonly cookie?: never;
    };
    readonly requestBody?: never;
    readonly responses: {
      /** @description Default Response */
      readonly 200: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/json": {
            /** @description Number of the generation that was live at the start */
            readonly from: number;
            /** @description Number of the new one */
            readonly to: number;
            readonly settings: {
              readonly model: string;
              readonly dimensions: number;
              readonly chunking: {
                readonly maxTokens: number;
                readonly overlapTokens: number;
                readonly strategy: string;
              };
              readonly tokenVectors: string;
              readonly tokenPooling: number;
              readonly lateChunking: boolean;
              readonly sparse: {
                readonly model: string;
                readonly dimensions: number;
              } | null;
              readonly language: string | null;
            };
            /**
             * @description ready: nothing is pending, it may be cut over; live: the new generation answers searches
             * @enum {unknown}
             */
            readonly state: "building" | "ready" | "live" | "rolled_back";
            /**
             * @description rechunk: from stored token vectors, without the encoder
             * @enum {unknown}
             */
            readonly method: "reembed" | "rechunk";
            /** @description In the generation that is not live */
            readonly documents: {
              readonly total: number;
              readonly done: number;
              readonly failed: number;
              readonly pending: number;
            };
            /** @description null: not known yet, or not being built */
            readonly etaSeconds: number | null;
            /** @description Share of the nearest documents that are the same in both generations, by questions made of documents */
            readonly overlap: {
              readonly at: number;
              readonly queries: number;
              readonly mean: number;
              readonly least: number;
              readonly measuredAt: string;
            } | null;
            /** @description Why there is no overlap: "building" and "measuring" pass, anything else is a sentence */
            readonly overlapReason: string | null;
            /** @description The first of the failed ones */
            readonly failures: readonly {
              readonly id: string;
              readonly code: string;
              readonly message: string;
            }[];
            readonly startedAt: string;
            readonly cutoverAt: string | null;
          };
        };
      };
    };
  };
  readonly endMigration: {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path: {
        readonly collection: string;
      };
      readonly cookie?: never;
    };
    readonly requestBody?: never;
    readonly responses: {
      /** @description Default Response */
      readonly 200: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/json": {
            readonly dropped: number;
            readonly live: number;
          };
        };
      };
    };
  };
  readonly cutOverMigration: {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path: {
        readonly collection: string;
      };
      readonly cookie?: never;
    };
    readonly requestBody: {
      readonly content: {
        readonly "application/json": {
          /** @description Also with documents that failed in the new one */
          readonly force?: boolean;
        };
      };
    };
    readonly responses: {
      /** @description Default Response */
      readonly 200: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/json": {
            /** @description Number of the generation that was live at the start */
            readonly from: number;
            /** @description Number of the new one */
            readonly to: number;
            readonly settings: {
              readonly model: string;
              readonly dimensions: number;
              readonly chunking: {
                readonly maxTokens: number;
                readonly overlapTokens: number;
                readonly strategy: string;
              };
              readonly tokenVectors: string;
              readonly tokenPooling: number;
              readonly lateChunking: boolean;
              readonly sparse: {
                readonly model: string;
                readonly dimensions: number;
              } | null;
              readonly language: string | null;
            };
            /**
             * @description ready: nothing is pending, it may be cut over; live: the new generation answers searches
             * @enum {unknown}
             */
            readonly state: "building" | "ready" | "live" | "rolled_back";
            /**
             * @description rechunk: from stored token vectors, without the encoder
             * @enum {unknown}
             */
            readonly method: "reembed" | "rechunk";
            /** @description In the generation that is not live */
            readonly documents: {
              readonly total: number;
              readonly done: number;
              readonly failed: number;
              readonly pending: number;
            };
            /** @description null: not known yet, or not being built */
            readonly etaSeconds: number | null;
            /** @description Share of the nearest documents that are the same in both generations, by questions made of documents */
            readonly overlap: {
              readonly at: number;
              readonly queries: number;
              readonly mean: number;
              readonly least: number;
              readonly measuredAt: string;
            } | null;
            /** @description Why there is no overlap: "building" and "measuring" pass, anything else is a sentence */
            readonly overlapReason: string | null;
            /** @description The first of the failed ones */
            readonly failures: readonly {
              readonly id: string;
              readonly code: string;
              readonly message: string;
            }[];
            readonly startedAt: string;
            readonly cutoverAt: string | null;
          };
        };
      };
    };
  };
  readonly rollBackMigration: {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path: {
        readonly collection: string;
      };
      readonly cookie?: never;
    };
    readonly requestBody?: never;
    readonly responses: {
      /** @description Default Response */
      readonly 200: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/json": {
            /** @description Number of the generation that was live at the start */
            readonly from: number;
            /** @description Number of the new one */
            readonly to: number;
            readonly settings: {
              readonly model: string;
              readonly dimensions: number;
              readonly chunking: {
                readonly maxTokens: number;
                readonly overlapTokens: number;
                readonly strategy: string;
              };
              readonly tokenVectors: string;
              readonly tokenPooling: number;
              readonly lateChunking: boolean;
              readonly sparse: {
                readonly model: string;
                readonly dimensions: number;
              } | null;
              readonly language: string | null;
            };
            /**
             * @description ready: nothing is pending, it may be cut over; live: the new generation answers searches
             * @enum {unknown}
             */
            readonly state: "building" | "ready" | "live" | "rolled_back";
            /**
             * @description rechunk: from stored token vectors, without the encoder
             * @enum {unknown}
             */
            readonly method: "reembed" | "rechunk";
            /** @description In the generation that is not live */
            readonly documents: {
              readonly total: number;
              readonly done: number;
              readonly failed: number;
              readonly pending: number;
            };
            /** @description null: not known yet, or not being built */
            readonly etaSeconds: number | null;
            /** @description Share of the nearest documents that are the same in both generations, by questions made of documents */
            readonly overlap: {
              readonly at: number;
              readonly queries: number;
              readonly mean: number;
              readonly least: number;
              readonly measuredAt: string;
            } | null;
            /** @description Why there is no overlap: "building" and "measuring" pass, anything else is a sentence */
            readonly overlapReason: string | null;
            /** @description The first of the failed ones */
            readonly failures: readonly {
              readonly id: string;
              readonly code: string;
              readonly message: string;
            }[];
            readonly startedAt: string;
            readonly cutoverAt: string | null;
          };
        };
      };
    };
  };
  readonly listFailures: {
    readonly parameters: {
      readonly query?: {
        readonly collection?: string;
        /** @description An error code, such as encode_failed */
        readonly code?: string;
        /** @description Failed at this time or later: ISO 8601 */
        readonly since?: string;
        /** @description Failed before this time: ISO 8601 */
        readonly until?: string;
        readonly id?: string;
        /** @description 1 to 1000; 100 when left out */
        readonly limit?: string;
        /** @description The `next` of the page before */
        readonly after?: string;
      };
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly requestBody?: never;
    readonly responses: {
      /** @description Default Response */
      readonly 200: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/json": {
            readonly failures: readonly {
              readonly collection: string;
              readonly id: string;
              readonly version: number;
              readonly attempts: number;
              readonly error: {
                readonly code: string;
                readonly message: string;
              };
              readonly failedAt: string;
            }[];
            /** @description Failures chosen, on all pages; 10000 stands for as many or more */
            readonly total: number;
            /** @description The `after` of the next page; null: this is the last */
            readonly next: string | null;
          };
        };
      };
    };
  };
  readonly redriveFailures: {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly requestBody: {
      readonly content: {
        readonly "application/json": {
          readonly collection?: string;
          /** @description An error code, such as encode_failed */
          readonly code?: string;
          /** @description Failed at this time or later: ISO 8601 */
          readonly since?: string;
          /** @description Failed before this time: ISO 8601 */
          readonly until?: string;
          readonly ids?: readonly string[];
        };
      };
    };
    readonly responses: {
      /** @description Default Response */
      readonly 200: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/json": {
            readonly redriven: number;
          };
        };
      };
    };
  };
  readonly search: {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path: {
        readonly collection: string;
      };
      readonly cookie?: never;
    };
    readonly requestBody: {
      readonly content: {
        readonly "application/json": {
          readonly query?: string;
          readonly vector?: readonly number[];
          /** @description A document's id: others near to the mean of its chunks' vectors */
          readonly like?: string;
          readonly sense?: {
            /** @description A sentence with the word in the sense that is looked for */
            readonly text: string;
            /** @description The word, in any form; its first place in the text is meant. Exactly one of word and span */
            readonly word?: string;
            /** @description [start, end) of the word in the text, in UTF-16 units */
            readonly span?: readonly number[];
            /**
             * @description word (the default): places of the word in any form; meaning: any word of the chunks nearest to the text
             * @enum {unknown}
             */
            readonly candidates?: "word" | "meaning";
          };
          readonly k?: number;
          /** @enum {unknown} */
          readonly group?: "document" | "chunk";
          /**
           * @description vector (the default): by meaning; lexical: by words (BM25); hybrid: both, fused by reciprocal rank; sparse: by the weights of the collection's sparse model. With query only
           * @enum {unknown}
           */
          readonly mode?: "vector" | "hybrid" | "lexical" | "sparse";
          /**
           * @description maxsim: the nearest candidates, ranked by how well each word of the query is met by a word of theirs; cross: ranked by the model of POLYSEME_RERANK_MODEL, which reads the query and each text together
           * @enum {unknown}
           */
          readonly rerank?: "none" | "maxsim" | "cross";
          /** @description Hits that rerank works on, at least k; 100 when left out */
          readonly candidates?: number;
          /** @description Says for each word of the query which word of the hit it met; with query only */
          readonly explain?: boolean;
          /** @description Every vector is compared, whatever index there is */
          readonly exact?: boolean;
          /** @description Keeps documents by their metadata: {"lang": "en", "price": {"$gte": 10, "$lt": 20}}; $eq $ne $gt $gte $lt $lte $in $nin $exists, $and $or $not */
          readonly filter?: unknown;
          /** @description Hits below it are left out; not with hybrid or rerank */
          readonly minScore?: number;
          /** @description next of the answer before, with the same search; pages go 1000 hits deep */
          readonly page?: string;
          /** @description Each hit with the best sentences of its chunk, the query's words marked */
          readonly snippets?: boolean;
          /** @description Searched as well; of the same model */
          readonly collections?: readonly string[];
          readonly after?: string;
        };
      };
    };
    readonly responses: {
      /** @description Default Response */
      readonly 200: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/json": {
            readonly hits: readonly {
              readonly id: string;
              /** @description With collections: the one that holds it */
              readonly collection?: string;
              /** @description Cosine; in lexical mode BM25; in hybrid mode the sum of 1 / (60 + rank) over both lists; in sparse mode the inner product of the weights; with rerank its own, for cross 0 to 1 */
              readonly score: number;
              /** @description In hybrid mode: its places in the two lists, from 1 */
              readonly ranks?: {
                readonly vector?: number;
                readonly lexical?: number;
              };
              /** @description With rerank: the score that the hit was found by */
              readonly vectorScore?: number;
              readonly title: string | null;
              readonly chunk: {
                readonly ordinal: number;
                readonly start: number;
                readonly end: number;
                readonly text: string;
              };
              readonly metadata: {
                readonly [key: string]: unknown;
              };
              /** @description With snippets: the part of the chunk that holds most of the query's words, at most 240 characters */
              readonly snippet?: {
                readonly text: string;
                /** @description In the document's text, in UTF-16 units */
                readonly start: number;
                readonly end: number;
                /** @description [start, end) of the query's words, in the document's text */
                readonly marks: readonly (readonly number[])[];
              };
              /** @description For each word, sign and special token of the query what it found in the chunk */
              readonly explain?: {
                readonly tokens: readonly {
                  /** @description of the query; special tokens as the vocabulary writes them */
                  readonly text: string;
                  /** @description UTF-16 offset in the query */
                  readonly start: number;
                  readonly end: number;
                  readonly special: boolean;
                  /** @description cosine of the two words' vectors */
                  readonly similarity: number | null;
                  /** @description what of the hit's score is this entry's; all of them add up to it, with rerank cross to vectorScore */
                  readonly part: number;
                  /** @description 0 to 1: its part of the positive parts of words and signs; special ones 0, unless the model compares them too */
                  readonly share: number;
                  /** @description the nearest word of the chunk, with offsets in the document */
                  readonly match: {
                    readonly start: number;
                    readonly end: number;
                    readonly text: string;
                  } | null;
                }[];
              };
              readonly sense?: {
                /** @description As it is written there */
                readonly word: string;
                /** @description Of the word in the document's text, in UTF-16 units */
                readonly start: number;
                readonly end: number;
                /** @description Cosine of the contextual vectors; the score is that after the mean of the word's uses is taken off both */
                readonly similarity: number;
                readonly sentence: {
                  readonly start: number;
                  readonly end: number;
                  readonly text: string;
                };
              };
            }[];
            /** @description There are more hits: give it as page of the same search */
            readonly next?: string;
            /** @description With explain: how many of the hits are */
            readonly explained?: number;
            readonly sense?: {
              /** @description Places that were compared with the word */
              readonly compared: number;
              /** @description True when there are more places than were compared */
              readonly truncated: boolean;
            };
            readonly timing: {
              readonly encodeMs: number;
              readonly searchMs: number;
              /** @description The statements of a search by words, beside searchMs */
              readonly lexicalMs?: number;
              readonly rerankMs?: number;
              readonly explainMs?: number;
              readonly totalMs: number;
            };
          };
        };
      };
    };
  };
  readonly senses: {
    readonly parameters: {
      readonly query: {
        /** @description In any form; several words are looked for one behind the other */
        readonly word: string;
        /** @description Most uses, 1 to 5000; 1000 when left out */
        readonly limit?: string;
      };
      readonly header?: never;
      readonly path: {
        readonly collection: string;
      };
      readonly cookie?: never;
    };
    readonly requestBody?: never;
    readonly responses: {
      /** @description Default Response */
      readonly 200: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/json": {
            readonly word: string;
            /** @description Under which the word is found, whatever its ending */
            readonly form: string;
            /** @description Places that were grouped */
            readonly uses: number;
            /** @description True when there are more uses than were grouped */
            readonly truncated: boolean;
            /** @description How the number of senses was decided */
            readonly rule: {
              readonly method: string;
              readonly threshold: number;
              readonly text: string;
            };
            readonly senses: readonly {
              /** @description From 0, the largest sense first */
              readonly id: number;
              readonly size: number;
              readonly share: number;
              /** @description Mean cosine of its uses with their centroid */
              readonly cohesion: number;
              /** @description The most typical first */
              readonly contexts: readonly {
                /** @description The document's */
                readonly id: string;
                readonly start: number;
                readonly end: number;
                /** @description As it is written there */
                readonly word: string;
                readonly sentence: {
                  readonly start: number;
                  readonly end: number;
                  readonly text: string;
                };
                /** @description Of the chunk */
                readonly ordinal: number;
                /** @description Cosine with the sense's centroid */
                readonly similarity: number;
              }[];
              /** @description Other words nearest to the sense */
              readonly neighbours: readonly {
                readonly word: string;
                readonly similarity: number;
              }[];
            }[];
            /** @description Mean cosine of two uses: of the same sense, of different senses (null with one sense), and of the word's static vectors */
            readonly similarity: {
              readonly within: number | null;
              readonly across: number | null;
              readonly static: number | null;
            };
            /** @description The uses on the plane of their largest differences */
            readonly points: readonly {
              /** @description The document's */
              readonly id: string;
              readonly start: number;
              readonly end: number;
              /** @description As it is written there */
              readonly word: string;
              readonly sentence: {
                readonly start: number;
                readonly end: number;
                readonly text: string;
              };
              readonly x: number;
              readonly y: number;
              readonly sense: number;
            }[];
          };
        };
      };
    };
  };
  readonly inspect: {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly requestBody: {
      readonly content: {
        readonly "application/json": {
          readonly text: string;
          readonly model?: string;
        };
      };
    };
    readonly responses: {
      /** @description Default Response */
      readonly 200: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/json": {
            readonly model: string;
            /** @description [1, tokens, dimensions] */
            readonly shape: readonly number[];
            readonly tokens: readonly {
              /** @description As the vocabulary writes it */
              readonly text: string;
              readonly id: number;
              /** @description UTF-16 offset into the text; special tokens have start = end */
              readonly start: number;
              readonly end: number;
              readonly special: boolean;
            }[];
            /** @description The input table's row of each token, the same in every text */
            readonly static: readonly (readonly number[])[];
            /** @description The vector of each token in this text */
            readonly contextual: readonly (readonly number[])[];
            readonly embedding: readonly number[];
            /** @description True when the text had more tokens than the model takes */
            readonly truncated: boolean;
          };
        };
      };
    };
  };
  readonly embeddings: {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly requestBody: {
      readonly content: {
        readonly "application/json": {
          readonly input: string | readonly string[] | readonly number[] | readonly (readonly number[])[];
          readonly model?: string;
          /** @enum {unknown} */
          readonly encoding_format?: "float" | "base64";
          readonly dimensions?: number;
          readonly user?: string;
        };
      };
    };
    readonly responses: {
      /** @description Default Response */
      readonly 200: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/json": {
            /** @enum {string} */
            readonly object: "list";
            readonly data: readonly {
              /** @enum {string} */
              readonly object: "embedding";
              readonly index: number;
              readonly embedding: readonly number[] | string;
            }[];
            readonly model: string;
            readonly usage: {
              readonly prompt_tokens: number;
              readonly total_tokens: number;
            };
          };
        };
      };
    };
  };
  readonly listModels: {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly requestBody?: never;
    readonly responses: {
      /** @description Default Response */
      readonly 200: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/json": {
            /** @enum {string} */
            readonly object: "list";
            readonly data: readonly {
              readonly id: string;
              /** @enum {string} */
              readonly object: "model";
              /** @description When its folder was last changed, in seconds since 1970 */
              readonly created: number;
              readonly owned_by: string;
            }[];
          };
        };
      };
    };
  };
  readonly getModel: {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path: {
        readonly model: string;
      };
      readonly cookie?: never;
    };
    readonly requestBody?: never;
    readonly responses: {
      /** @description Default Response */
      readonly 200: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/json": {
            readonly id: string;
            /** @enum {string} */
            readonly object: "model";
            /** @description When its folder was last changed, in seconds since 1970 */
            readonly created: number;
            readonly owned_by: string;
          };
        };
      };
    };
  };
  readonly teiInfo: {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly requestBody?: never;
    readonly responses: {
      /** @description Default Response */
      readonly 200: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/json": {
            readonly model_id: string;
            readonly model_sha: string | null;
            readonly model_dtype: string;
            readonly model_type: {
              readonly embedding: {
                readonly pooling: string;
              };
            };
            readonly max_concurrent_requests: number;
            readonly max_input_length: number;
            readonly max_batch_tokens: number;
            readonly max_batch_requests: number | null;
            readonly max_client_batch_size: number;
            readonly auto_truncate: boolean;
            readonly tokenization_workers: number;
            /** @description Of polyseme */
            readonly version: string;
            readonly sha: string | null;
            readonly docker_label: string | null;
          };
        };
      };
    };
  };
  readonly teiHealth: {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly requestBody?: never;
    readonly responses: {
      /** @description Default Response */
      readonly 200: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/json": string;
        };
      };
    };
  };
  readonly teiEmbed: {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly requestBody: {
      readonly content: {
        readonly "application/json": {
          readonly inputs: string | readonly number[] | readonly (string | readonly number[])[];
          readonly truncate?: boolean | null;
          /** @enum {unknown} */
          readonly truncation_direction?: "left" | "right" | "Left" | "Right";
          readonly prompt_name?: string | null;
          readonly normalize?: boolean;
          readonly dimensions?: number | null;
        };
      };
    };
    readonly responses: {
      /** @description Default Response */
      readonly 200: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/json": readonly (readonly number[])[];
        };
      };
    };
  };
  readonly teiEmbedAll: {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly requestBody: {
      readonly content: {
        readonly "application/json": {
          readonly inputs: string | readonly number[] | readonly (string | readonly number[])[];
          readonly truncate?: boolean | null;
          /** @enum {unknown} */
          readonly truncation_direction?: "left" | "right" | "Left" | "Right";
          readonly prompt_name?: string | null;
        };
      };
    };
    readonly responses: {
      /** @description Default Response */
      readonly 200: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/json": readonly (readonly (readonly number[])[])[];
        };
      };
    };
  };
  readonly teiSimilarity: {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly requestBody: {
      readonly content: {
        readonly "application/json": {
          readonly inputs: {
            readonly source_sentence: string;
            readonly sentences: readonly string[];
          };
          readonly parameters?: {
            readonly truncate?: boolean | null;
            /** @enum {unknown} */
            readonly truncation_direction?: "left" | "right" | "Left" | "Right";
            readonly prompt_name?: string | null;
          } | null;
        };
      };
    };
    readonly responses: {
      /** @description Default Response */
      readonly 200: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/json": readonly number[];
        };
      };
    };
  };
  readonly teiTokenize: {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly requestBody: {
      readonly content: {
        readonly "application/json": {
          readonly inputs: string | readonly string[];
          readonly add_special_tokens?: boolean;
          readonly prompt_name?: string | null;
        };
      };
    };
    readonly responses: {
      /** @description Default Response */
      readonly 200: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/json": readonly (readonly {
            readonly id: number;
            readonly text: string;
            readonly special: boolean;
            readonly start: number | null;
            readonly stop: number | null;
          }[])[];
        };
      };
    };
  };
  readonly teiDecode: {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly requestBody: {
      readonly content: {
        readonly "application/json": {
          readonly ids: readonly number[] | readonly (readonly number[])[];
          readonly skip_special_tokens?: boolean;
        };
      };
    };
    readonly responses: {
      /** @description Default Response */
      readonly 200: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/json": readonly string[];
        };
      };
    };
  };
  readonly teiRerank: {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly requestBody: {
      readonly content: {
        readonly "application/json": {
          readonly query: string;
          readonly texts: readonly string[];
          readonly raw_scores?: boolean | null;
          readonly return_text?: boolean | null;
          readonly truncate?: boolean | null;
          /** @enum {unknown} */
          readonly truncation_direction?: "right" | "Right";
        };
      };
    };
    readonly responses: {
      /** @description Default Response */
      readonly 200: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/json": readonly {
            /** @description Place among the texts of the request */
            readonly index: number;
            readonly score: number;
            readonly text?: string;
          }[];
        };
      };
    };
  };
  readonly teiEmbedSparse: {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly requestBody?: never;
    readonly responses: never;
  };
  readonly teiPredict: {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly requestBody?: never;
    readonly responses: never;
  };
  readonly listKeys: {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly requestBody?: never;
    readonly responses: {
      /** @description Default Response */
      readonly 200: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/json": {
            readonly keys: readonly {
              /** @description Names the key where it is listed and revoked; it opens nothing */
              readonly id: string;
              readonly name: string;
              /** @enum {unknown} */
              readonly role: "read" | "write" | "admin";
              /** @description null: all of them */
              readonly collections: readonly string[] | null;
              /** @description Requests a second, for each process */
              readonly ratePerSecond: number | null;
              readonly createdAt: string;
              /** @description To the minute */
              readonly lastUsedAt: string | null;
              readonly revokedAt: string | null;
            }[];
          };
        };
      };
    };
  };
  readonly createKey: {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly requestBody: {
      readonly content: {
        readonly "application/json": {
          readonly name: string;
          /** @enum {unknown} */
          readonly role: "read" | "write" | "admin";
          readonly collections?: readonly string[];
          readonly ratePerSecond?: number;
        };
      };
    };
    readonly responses: {
      /** @description Default Response */
      readonly 201: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/json": {
            /** @description Names the key where it is listed and revoked; it opens nothing */
            readonly id: string;
            readonly name: string;
            /** @enum {unknown} */
            readonly role: "read" | "write" | "admin";
            /** @description null: all of them */
            readonly collections: readonly string[] | null;
            /** @description Requests a second, for each process */
            readonly ratePerSecond: number | null;
            readonly createdAt: string;
            /** @description To the minute */
            readonly lastUsedAt: string | null;
            readonly revokedAt: string | null;
            /** @description Shown here and never again */
            readonly key: string;
          };
        };
      };
    };
  };
  readonly revokeKey: {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path: {
        readonly id: string;
      };
      readonly cookie?: never;
    };
    readonly requestBody?: never;
    readonly responses: {
      /** @description Default Response */
      readonly 200: {
        headers: {
          readonly [name: string]: unknown;
        };
        content: {
          readonly "application/json": {
            /** @description Names the key where it is listed and revoked; it opens nothing */
            readonly id: string;
            readonly name: string;
            /** @enum {unknown} */
            readonly role: "read" | "write" | "admin";
            /** @description null: all of them */
            readonly collections: readonly string[] | null;
            /** @description Requests a second, for each process */
            readonly ratePerSecond: number | null;
            readonly createdAt: string;
            /** @description To the minute */
            readonly lastUsedAt: string | null;
            readonly revokedAt: string | null;
          };
        };
      };
    };
  };
}
