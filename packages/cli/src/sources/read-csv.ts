import { pipeline, Readable } from "node:stream";
import { messageOf } from "@polyseme/core";
import { parse } from "csv-parse";
import type { SourceItem } from "./source.ts";

const MAX_RECORD_CHARACTERS = 32 * 1024 * 1024;
/** Every row is an object with a key for each. */
const MAX_COLUMNS = 10_000;

/**
 * A document a row, by the header's names: `id`, `text`, `title`, and every other column in the metadata.
 * @param name names the file in ids of rows that have none, and in messages
 */
export async function* readCsv(chunks: AsyncIterable<Uint8Array>, name: string): AsyncGenerator<SourceItem> {
  const problems: SourceItem[] = [];
  const parser = parse({
    // A row with a fault is left out and reported; those around it are read.
    skip_records_with_error: true,
    on_skip: (error) => {
      problems.push(problem(name, `A row is not CSV: ${error?.message ?? "unknown fault"}`));
      return undefined;
    },
    bom: true,
    columns: (header: string[]) => {
      if (header.length > MAX_COLUMNS) throw new Error(`more than ${MAX_COLUMNS} columns`);
      return header.map((column) => column.trim());
    },
    skip_empty_lines: true,
    relax_column_count: true,
    max_record_size: MAX_RECORD_CHARACTERS,
  });
  // A fault of the source ends the parser, whose iteration then throws; nothing is left for the callback.
  pipeline(Readable.from(chunks, { objectMode: false }), parser, () => undefined);
  const rows: AsyncIterable<Record<string, string>> = parser;
  let number = 0;
  try {
    for await (const row of rows) {
      number += 1;
      if (number === 1 && !("text" in row)) {
        const columns = Object.keys(row).join(", ");
        yield problem(name, `The header needs a column "text"; it has: ${columns}.`);
        return;
      }
      yield { document: documentOfRow(row, `${name}#${number}`), origin: `${name}, row ${number}` };
    }
  } catch (error) {
    yield problem(`${name}, after row ${number}`, `The file cannot be read on: ${messageOf(error)}`);
  }
  yield* problems;
}

/** Empty cells count as not there. */
export function documentOfRow(row: Readonly<Record<string, string>>, rowId: string): Record<string, unknown> {
  const { id, text, title, ...rest } = row;
  const metadata = Object.fromEntries(Object.entries(rest).filter(([column, cell]) => column !== "" && cell !== ""));
  return {
    id: id === undefined || id === "" ? rowId : id,
    text: text ?? "",
    ...(title === undefined || title === "" ? {} : { title }),
    metadata,
  };
}

function problem(origin: string, message: string): SourceItem {
  return { problem: { origin, code: "invalid", message } };
}
