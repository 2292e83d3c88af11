import type { Chunking, Flow, TokenSettings } from "@polyseme/core";
import type { InTurn } from "./in-turn.ts";
import type { JobTrace } from "./job-trace.ts";
import type { FormsByLanguage } from "./word-forms.ts";

/** When a document's chunks are encoded, among all others. */
export interface Turn {
  readonly flow: Flow;
  /** Aborted: what has not begun is not encoded, and the signal's reason is thrown. */
  readonly signal: AbortSignal;
  /** Of its job; undefined: none. */
  readonly trace?: JobTrace;
  /** Long texts are cut through it. */
  readonly inTurn?: InTurn;
  /** What remembers words; left out: each chunk's are looked at anew. */
  readonly formsOf?: FormsByLanguage;
}

/** What of its collection decides how a document becomes vectors. */
export interface DocumentSettings {
  readonly chunking: Chunking;
  readonly tokens: TokenSettings;
  readonly language: string | null;
}
