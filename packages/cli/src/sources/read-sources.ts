import { messageOf } from "@polyseme/core";
import type { FoundFile } from "./find-files.ts";
import { openFile } from "./open-file.ts";
import { readCsv } from "./read-csv.ts";
import { readNdjson } from "./read-ndjson.ts";
import { readText } from "./read-text.ts";
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
  const textFiles = new Map<string, string>();
  for (const file of files) {
    const other = file.kind === "text" ? textFiles.get(file.id) : undefined;
    if (other !== undefined) {
      yield problem(file, "conflict", `${other} has the same id. Ingest the two folders into two collections.`);
      continue;
    }
    if (file.kind === "text") textFiles.set(file.id, file.path);
    try {
      yield* readSource(file);
    } catch (error) {
      yield problem(file, "invalid", `The file cannot be read: ${messageOf(error)}`);
    }
  }
}

async function* readSource(file: FoundFile): AsyncGenerator<SourceItem> {
  switch (file.kind) {
    case "text":
      yield await readText(file);
      break;
    case "ndjson":
      yield* readNdjson((await openFile(file)).createReadStream(), file.path);
      break;
    case "csv":
      yield* readCsv((await openFile(file)).createReadStream(), file.id);
      break;
    case "unbuilt":
      yield problem(file, "not_implemented", "Reading this kind of file is not built yet.");
      break;
    default:
      throw new Error(`Unknown kind ${String(file.kind satisfies never)}`);
  }
}

function problem({ path, id }: FoundFile, code: string, message: string): SourceItem {
  return { problem: { origin: path, id, code, message } };
}
