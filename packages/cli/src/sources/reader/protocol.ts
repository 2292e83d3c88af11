import type { SourceKind } from "../file-kinds.ts";
import type { FoundFile } from "../find-files.ts";
import type { Problem } from "../source.ts";

/** What other people's programs wrote and large libraries read; both are kept out of the process that talks to the server. */
export type ForeignKind = Extract<SourceKind, "html" | "pdf" | "docx" | "parquet">;

export interface ForeignFile extends Pick<FoundFile, "path" | "id" | "isGiven"> {
  readonly kind: ForeignKind;
}

/** An item as it crosses to the other process. */
export type PlainItem =
  { readonly document: Readonly<Record<string, unknown>>; readonly origin: string } | { readonly problem: Problem };

export type ToReader = { readonly kind: "read"; readonly file: ForeignFile } | { readonly kind: "more" };

export type FromReader =
  | { readonly kind: "ready" }
  /** Answered by `more`; nothing else is sent before that. */
  | { readonly kind: "items"; readonly items: readonly PlainItem[] }
  | { readonly kind: "end" }
  | { readonly kind: "broken"; readonly message: string };
