import type { Config, ErrorCode, ErrorDetails, SparseVector } from "@polyseme/core";
import type { ChunkUnits } from "@polyseme/store";
import type { SectionedText } from "../stretches.ts";
import type { DocumentSettings } from "../turn.ts";

/** What the child needs to open the same models in the same way as its parent. */
export type QuarantineSettings = Pick<Config, "model" | "modelsDir" | "device" | "cacheDir">;

/** A document that may end the process which encodes it. */
export interface SuspectText extends DocumentSettings, SectionedText {
  /** As the collection names it. */
  readonly model: string;
  /** Of collections with a sparse model. */
  readonly sparseModel?: string | undefined;
}

/** The parent cuts the text anew, so it need not come back. */
export interface SuspectChunk {
  readonly start: number;
  readonly end: number;
  readonly tokens: number;
  readonly embedding: Float32Array;
  readonly units?: ChunkUnits;
  readonly sparse?: SparseVector;
}

export type ToChild =
  { readonly kind: "open"; readonly settings: QuarantineSettings } | ({ readonly kind: "embed" } & SuspectText);

export type FromChild =
  /** The model is open, so that from now on the document is what the child dies of. */
  | { readonly kind: "begun" }
  /** One more chunk has its vector. */
  | { readonly kind: "progress" }
  | { readonly kind: "done"; readonly chunks: readonly SuspectChunk[] }
  | {
      readonly kind: "failed";
      readonly code: ErrorCode;
      readonly message: string;
      readonly details: ErrorDetails | undefined;
    };
