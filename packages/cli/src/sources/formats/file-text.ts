import type { Section } from "@polyseme/core";

/** What a file that is one document says. */
export interface FileText {
  readonly title?: string | undefined;
  readonly text: string;
  /** Where its headings begin a new part. */
  readonly sections?: readonly Section[];
  /** Beside the file's name; nothing that changes while the content does not. */
  readonly metadata?: Readonly<Record<string, unknown>>;
}

/** A file that cannot be a document, and why; `code` is one of the closed list. */
export class UnreadableError extends Error {
  override readonly name = "UnreadableError";
  readonly code: "invalid" | "too_large" | "unusable_text";

  constructor(code: UnreadableError["code"], message: string) {
    super(message);
    this.code = code;
  }
}
