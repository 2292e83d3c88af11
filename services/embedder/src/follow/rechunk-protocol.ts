import type { EmbeddedChunk } from "@polyseme/store";
import type { SectionedText } from "../stretches.ts";
import type { RechunkSettings } from "./rechunk.ts";

/** What is sent to the thread: everything that can be copied. */
export interface ThreadSettings extends Omit<RechunkSettings, "formsOf" | "sums"> {
  /** Of the collection, for the forms of words. Null: unknown. */
  readonly language: string | null;
}

export interface StoredDocument extends SectionedText {
  /** As `rechunk` takes them. */
  readonly chunks: readonly { readonly start: number; readonly packed: Uint8Array }[];
}

export interface ToRechunkThread {
  /** Told back with the answer. */
  readonly number: number;
  readonly documents: readonly StoredDocument[];
  readonly settings: ThreadSettings;
}

/** What became of a document; its chunks' texts are slices of its own. */
export type Rechunked<Chunk = EmbeddedChunk> =
  | { readonly kind: "chunks"; readonly chunks: readonly Chunk[] }
  /** There is no word in it. */
  | { readonly kind: "wordless" }
  /** What is stored of it cannot be read. */
  | { readonly kind: "failed"; readonly message: string };

export interface FromRechunkThread {
  readonly number: number;
  readonly documents: readonly Rechunked<Omit<EmbeddedChunk, "text">>[];
}
