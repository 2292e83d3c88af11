/** A document as a source gave it, or the news that something there could not be read. */
export type SourceItem = SourceDocument | { readonly problem: Problem };

export interface SourceDocument {
  readonly document: Readonly<Record<string, unknown>>;
  readonly origin: string;
  /** Told once the server has answered for it: whether it took the document, new or unchanged. */
  readonly answered?: (taken: boolean) => void;
}

/** One thing that will not be stored. */
export interface Problem {
  /** Where it was, such as `notes.csv:12`. */
  readonly origin: string;
  readonly id?: string;
  readonly code: string;
  readonly message: string;
}
