/** A document as a source gave it, or the news that something there could not be read. */
export type SourceItem =
  { readonly document: Readonly<Record<string, unknown>>; readonly origin: string } | { readonly problem: Problem };

/** One thing that will not be stored. */
export interface Problem {
  /** Where it was, such as `notes.csv:12`. */
  readonly origin: string;
  readonly id?: string;
  readonly code: string;
  readonly message: string;
}

export type SourceKind = "ndjson" | "csv" | "text";

/**
 * What kind of source a file is, by its name; `unbuilt` for kinds that will come, undefined for all others, archives among
 * them. Whatever reads an unbuilt kind opens it with `openFile`, fetches nothing that the file names (images, style
 * sheets, entities, attachments), and gives up at a bound on what it unpacks, in bytes, parts, depth and time.
 */
export function kindOfFile(name: string): SourceKind | "unbuilt" | undefined {
  const dot = name.lastIndexOf(".");
  switch (dot <= 0 ? "" : name.slice(dot + 1).toLowerCase()) {
    case "jsonl":
    case "ndjson":
      return "ndjson";
    case "csv":
      return "csv";
    case "md":
    case "markdown":
    case "txt":
      return "text";
    case "html":
    case "htm":
    case "pdf":
    case "docx":
      return "unbuilt";
    default:
      return undefined;
  }
}
