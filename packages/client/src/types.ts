/** What the HTTP routes take and answer, as the server describes it, and the few shapes that are the client's own. */
import type { Answer, Body } from "./api-types.ts";

type Documents = "/v1/collections/{collection}/documents";

/** A document to push. The same id again is a new version. */
export type PushDocument = Body<Documents, "post", "application/x-ndjson">;

/** `POST /v1/collections/{c}/documents` */
export type PushAnswer = Answer<Documents, "post", 202>;

/** A document that was not taken, and why. */
export type Rejection = PushAnswer["rejected"][number];

/** `GET /v1/tickets/{t}` */
export type TicketStatus = Answer<"/v1/tickets/{ticket}", "get", 200>;

export type DocumentFailure = TicketStatus["failures"][number];

/** `POST /v1/inspect` */
export type InspectAnswer = Answer<"/v1/inspect", "post", 200>;

export type InspectToken = InspectAnswer["tokens"][number];

/** `POST /v1/embeddings`, OpenAI's shape. */
export type EmbeddingsRequest = Omit<Body<"/v1/embeddings", "post">, "encoding_format" | "user">;

type AnyEmbeddings = Answer<"/v1/embeddings", "post", 200>;

/** Vectors as numbers: the client asks for no base64. */
export type EmbeddingsAnswer = Omit<AnyEmbeddings, "data"> & {
  readonly data: readonly (Omit<AnyEmbeddings["data"][number], "embedding"> & {
    readonly embedding: readonly number[];
  })[];
};

/** `GET /v1/collections/{c}/documents/{id}` */
export type StoredDocument = Answer<"/v1/collections/{collection}/documents/{id}", "get", 200>;

/** There when `include` names chunks, embeddings or tokens. */
export type StoredChunk = NonNullable<StoredDocument["chunks"]>[number];

/** A word or a sign of a chunk with its contextual vector; there when `include` names tokens. */
export type StoredUnit = NonNullable<StoredChunk["units"]>[number];

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

/** `GET /v1/failures`: the newest failure first. */
export type FailurePage = Answer<"/v1/failures", "get", 200>;

/** A document that failed for good, until it is redriven or pushed again. */
export type Failure = FailurePage["failures"][number];

/** `PUT /v1/collections/{c}` */
export type CollectionSettings = Body<"/v1/collections/{collection}", "put">;

/** `GET /v1/collections/{c}` */
export type Collection = Answer<"/v1/collections/{collection}", "get", 200>;

/** A collection's settings of its indexes, what is there of them, and what was measured. */
export type CollectionIndex = Collection["index"];

/** How a collection is indexed. */
export type IndexSettings = Required<NonNullable<CollectionSettings["index"]>>;

/** `POST /v1/collections/{c}/migrate`: what is left out stays as it is. */
export type MigrationSettings = Body<"/v1/collections/{collection}/migrate", "post">;

/** `GET /v1/collections/{c}/migration` */
export type Migration = Answer<"/v1/collections/{collection}/migration", "get", 200>;

/** `GET /readyz` */
export interface Readiness {
  readonly ready: boolean;
  /** What was checked: `ok` or what is wrong. */
  readonly checks: Readonly<Record<string, string>>;
}

/** `POST /v1/keys` */
export type NewKey = Body<"/v1/keys", "post">;

/** `GET /v1/keys` */
export type ApiKey = Answer<"/v1/keys", "get", 200>["keys"][number];

/** A key just made: the one time that `key`, which is to be sent, is shown. */
export type MadeKey = Answer<"/v1/keys", "post", 201>;

/** `GET /v1/aliases` */
export type Alias = Answer<"/v1/aliases", "get", 200>["aliases"][number];

/** Numbers, or the base64 of 32-bit little-endian floats. */
export type GivenVector = NonNullable<PushDocument["embedding"]>;
