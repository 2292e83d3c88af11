import { messageOf } from "@polyseme/core";
import type { FoundFile } from "./find-files.ts";
import { openFile } from "./open-file.ts";
import { readCsv } from "./read-csv.ts";
import { readNdjson } from "./read-ndjson.ts";
import { readText } from "./read-text.ts";
import { makeForeignReader, type ForeignReader } from "./reader/reader-process.ts";
import type { Problem, SourceItem } from "./source.ts";

/**
 * What could not be looked into, then all documents of the files, one file after the other. A file that breaks off
 * becomes a problem; the next one is read.
 */
export async function* readSources(
  files: Iterable<FoundFile>,
  problems: readonly Problem[] = [],
): AsyncGenerator<SourceItem> {
  for (const known of problems) yield { problem: known };
  const claims = new IdClaims();
  const reader = makeForeignReader();
  try {
    for (const file of files) yield* readFile(file, claims, reader);
  } finally {
    reader.close();
  }
}

/** The documents of one file; a second file with the id of another is a problem, and so is one that cannot be read. */
export async function* readFile(file: FoundFile, claims: IdClaims, reader: ForeignReader): AsyncGenerator<SourceItem> {
  const other = claims.claim(file);
  if (other !== undefined) {
    yield problem(file, "conflict", `${other} has the same id. Ingest the two folders into two collections.`);
    return;
  }
  try {
    yield* readSource(file, reader);
  } catch (error) {
    yield problem(file, "invalid", `The file cannot be read: ${messageOf(error)}`);
  }
}

/** Which file has which id, so that none replaces another. */
export class IdClaims {
  readonly #paths = new Map<string, string>();

  /** Another file that has the id. Files that hold many documents do not have their own name as an id. */
  claim({ kind, id, path }: FoundFile): string | undefined {
    if (kind === "ndjson" || kind === "csv" || kind === "parquet") return undefined;
    const other = this.#paths.get(id);
    if (other !== undefined && other !== path) return other;
    this.#paths.set(id, path);
    return undefined;
  }
}

async function* readSource(file: FoundFile, reader: ForeignReader): AsyncGenerator<SourceItem> {
  const { kind } = file;
  switch (kind) {
    case "text":
      yield await readText(file);
      break;
    case "ndjson":
      yield* readNdjson((await openFile(file)).createReadStream(), file.path);
      break;
    case "csv":
      yield* readCsv((await openFile(file)).createReadStream(), file.id);
      break;
    case "html":
    case "pdf":
    case "docx":
    case "parquet":
      yield* reader.read({ ...file, kind });
      break;
    default:
      throw new Error(`Unknown kind ${String(kind satisfies never)}`);
  }
}

function problem({ path, id }: FoundFile, code: string, message: string): SourceItem {
  return { problem: { origin: path, id, code, message } };
}
