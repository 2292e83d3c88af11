/** What the HTTP routes take and answer, field for field. */

/** A document to push. */
export interface PushDocument {
  /** 1 to 512 characters; the same id again is a new version. */
  readonly id: string;
  readonly text: string;
  readonly title?: string | null;
  readonly metadata?: Readonly<Record<string, unknown>> | null;
  /** 0 (bulk, the default) to 9 (first). */
  readonly priority?: number;
}

/** A document that was not taken, and why. */
export interface Rejection {
  /** Place in the push, from 0. */
  readonly index: number;
  readonly id?: string;
  readonly code: string;
  /** The part of the document that is at fault. */
  readonly field: string;
  readonly message: string;
}

/** `POST /v1/collections/{c}/documents` */
export interface PushAnswer {
  readonly ticket: string;
  readonly accepted: number;
  readonly unchanged: number;
  readonly rejected: readonly Rejection[];
  /** Rejections beyond the listed ones. */
  readonly rejectedOmitted?: number;
}

export interface DocumentFailure {
  readonly id: string;
  readonly code: string;
  readonly message: string;
}

/** `GET /v1/tickets/{t}` */
export interface TicketStatus {
  readonly total: number;
  readonly stored: number;
  readonly failed: number;
  readonly pending: number;
  /** Deleted after they were pushed: neither stored nor waited for. */
  readonly deleted: number;
  /** Tokens of the stored ones. */
  readonly tokens: number;
  /** The first of the failed ones. */
  readonly failures: readonly DocumentFailure[];
}

export interface InspectToken {
  /** As the vocabulary writes it. */
  readonly text: string;
  readonly id: number;
  /** UTF-16 offsets into the text; special tokens have start = end. */
  readonly start: number;
  readonly end: number;
  readonly special: boolean;
}

/** `POST /v1/inspect` */
export interface InspectAnswer {
  readonly model: string;
  /** `[1, tokens, dimensions]` */
  readonly shape: readonly number[];
  readonly tokens: readonly InspectToken[];
  /** The input table's row of each token, the same in every text. */
  readonly static: readonly (readonly number[])[];
  /** The vector of each token in this text. */
  readonly contextual: readonly (readonly number[])[];
  readonly embedding: readonly number[];
  /** True when the text had more tokens than the model takes. */
  readonly truncated: boolean;
}

/** `POST /v1/embeddings`, OpenAI's shape. */
export interface EmbeddingsRequest {
  readonly input: string | readonly string[] | readonly number[] | readonly (readonly number[])[];
  readonly model?: string;
  readonly dimensions?: number;
}

export interface EmbeddingsAnswer {
  readonly object: "list";
  readonly data: readonly {
    readonly object: "embedding";
    readonly index: number;
    readonly embedding: readonly number[];
  }[];
  readonly model: string;
  readonly usage: { readonly prompt_tokens: number; readonly total_tokens: number };
}

/** `GET /v1/collections/{c}/documents/{id}` */
export interface StoredDocument {
  readonly id: string;
  readonly title: string | null;
  readonly text: string;
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly state: "queued" | "embedding" | "stored" | "failed";
  readonly version: number;
  readonly attempts: number;
  readonly error?: { readonly code: string; readonly message: string };
  readonly storedAt: string | null;
  /** There when `include` names chunks, embeddings or tokens. */
  readonly chunks?: readonly StoredChunk[];
}

export interface StoredChunk {
  readonly ordinal: number;
  readonly start: number;
  readonly end: number;
  readonly tokens: number;
  readonly text: string;
  readonly embedding?: readonly number[];
  /** There when `include` names tokens. */
  readonly units?: readonly StoredUnit[];
}

/** A word or a sign of a chunk with its contextual vector. */
export interface StoredUnit {
  readonly text: string;
  /** UTF-16 offsets into the document's text. */
  readonly start: number;
  readonly end: number;
  /** Tokens of the model in it. */
  readonly pieces: number;
  /** Not normalised; as exact as the collection keeps it. */
  readonly vector: readonly number[];
}

/** Which failures are meant; what is left out does not matter. */
export interface FailureChoice {
  readonly collection?: string;
  /** The server's error code, such as `encode_failed`. */
  readonly code?: string;
  /** Failed at this time or later. */
  readonly since?: Date | string;
  /** Failed before this time. */
  readonly until?: Date | string;
}

/** A document that failed for good, until it is redriven or pushed again. */
export interface Failure {
  readonly collection: string;
  readonly id: string;
  readonly version: number;
  readonly attempts: number;
  readonly error: { readonly code: string; readonly message: string };
  readonly failedAt: string;
}

/** `GET /v1/failures`: the newest failure first. */
export interface FailurePage {
  readonly failures: readonly Failure[];
  /** On all pages; the server counts to 10,000. */
  readonly total: number;
  /** The `after` of the next page; null: this is the last. */
  readonly next: string | null;
}

/** `PUT /v1/collections/{c}` */
export interface CollectionSettings {
  readonly model?: string;
  readonly chunking?: {
    readonly maxTokens?: number;
    readonly overlapTokens?: number;
    readonly strategy?: "sentence" | "token";
  };
  readonly language?: string;
  readonly lateChunking?: boolean;
  readonly tokenVectors?: "none" | "int8" | "half";
  readonly tokenPooling?: 1 | 2 | 3;
  /** Changing it embeds nothing again. */
  readonly index?: Partial<IndexSettings>;
}

/** How a collection is indexed. */
export interface IndexSettings {
  /** `auto`: exact while that is fast, an HNSW graph when it pays. */
  readonly vector: "auto" | "exact" | "hnsw";
  /** How the graph holds vectors; what it finds is ranked by the full ones. */
  readonly precision: "full" | "half" | "bit";
  /** 0.5 to 1: share of the exact answer's ten nearest that a search through the graph is to find. */
  readonly recall: number;
  readonly text: "auto" | "none" | "gin";
  readonly metadata: boolean | readonly string[];
}

/** The settings, what is there of them, and what was measured. */
export interface CollectionIndex extends IndexSettings {
  readonly built: readonly {
    readonly kind: "vector" | "text" | "metadata";
    readonly name: string;
    readonly state: "building" | "ready" | "invalid";
    /** 0 to 1, while it is built. */
    readonly progress?: number;
    readonly bytes: number;
  }[];
  /** Searches for stored vectors, now and then; times in Postgres. */
  readonly measured?: {
    readonly at: string;
    readonly chunks: number;
    readonly exactMs: number;
    readonly graph?: {
      readonly efSearch: number;
      readonly recall: number;
      readonly ms: number;
      /** false: the deepest search finds less than was asked for. */
      readonly reaches: boolean;
    };
  };
}

/** `GET /v1/collections/{c}` */
export interface Collection {
  readonly name: string;
  readonly model: string;
  readonly dimensions: number;
  readonly chunking: { readonly maxTokens: number; readonly overlapTokens: number; readonly strategy: string };
  readonly lateChunking: boolean;
  readonly tokenVectors: string;
  readonly tokenPooling: number;
  readonly language: string | null;
  readonly index: CollectionIndex;
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
  /** Share of the documents whose newest content is searchable. */
  readonly coverage: number;
  readonly oldestPendingAgeSeconds: number | null;
  /** null while no embedder has measured its speed. */
  readonly backlogSeconds: number | null;
}

/** `POST /v1/collections/{c}/migrate`: what is left out stays as it is. */
export type MigrationSettings = Omit<CollectionSettings, "language" | "index">;

/** `GET /v1/collections/{c}/migration` */
export interface Migration {
  /** Number of the generation that was live at the start. */
  readonly from: number;
  /** Number of the new one. */
  readonly to: number;
  /** Of the new one. */
  readonly settings: Pick<
    Collection,
    "model" | "dimensions" | "chunking" | "tokenVectors" | "tokenPooling" | "lateChunking"
  >;
  /** `ready`: nothing is pending, it may be cut over; `live`: the new generation answers searches. */
  readonly state: "building" | "ready" | "live" | "rolled_back";
  /** `rechunk`: from stored token vectors, without the encoder. */
  readonly method: "reembed" | "rechunk";
  /** In the generation that is not live. */
  readonly documents: {
    readonly total: number;
    readonly done: number;
    readonly failed: number;
    readonly pending: number;
  };
  /** null: not known yet, or not being built. */
  readonly etaSeconds: number | null;
  /** The first of the failed ones. */
  readonly failures: readonly DocumentFailure[];
  readonly startedAt: string;
  readonly cutoverAt: string | null;
}

/** `GET /readyz` */
export interface Readiness {
  readonly ready: boolean;
  /** What was checked: `ok` or what is wrong. */
  readonly checks: Readonly<Record<string, string>>;
}

/** `POST /v1/keys` */
export interface NewKey {
  /** For people: whose it is, what it is for. */
  readonly name: string;
  /** Each may also do what those before it may. */
  readonly role: "read" | "write" | "admin";
  /** The only collections it may touch; left out: all. */
  readonly collections?: readonly string[];
  /** Requests a second, for each server process; left out: no limit. */
  readonly ratePerSecond?: number;
}

/** `GET /v1/keys` */
export interface ApiKey {
  /** Names the key where it is listed and revoked; it opens nothing. */
  readonly id: string;
  readonly name: string;
  readonly role: "read" | "write" | "admin";
  readonly collections: readonly string[] | null;
  readonly ratePerSecond: number | null;
  readonly createdAt: string;
  /** To the minute. */
  readonly lastUsedAt: string | null;
  readonly revokedAt: string | null;
}

/** A key just made: the one time that `key`, which is to be sent, is shown. */
export interface MadeKey extends ApiKey {
  readonly key: string;
}
