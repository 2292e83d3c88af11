import { createReadStream } from "node:fs";
import { messageOf } from "@polyseme/core";
import type { FoundFile } from "./find-files.ts";
import { readCsv } from "./read-csv.ts";
import { readNdjson } from "./read-ndjson.ts";
import { readText } from "./read-text.ts";
import type { SourceItem } from "./source.ts";

/** All documents of the files, one file after the other. A file that breaks off becomes a problem; the next one is read. */
export async function* readSources(files: Iterable<FoundFile>): AsyncGenerator<SourceItem> {
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
      yield* readNdjson(createReadStream(file.path), file.path);
      break;
    case "csv":
      yield* readCsv(createReadStream(file.path), file.id);
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
