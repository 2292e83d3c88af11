import { csvRows } from "./csv-rows.ts";
import { kindOf } from "./file-kind.ts";
import { htmlText } from "./html-text.ts";
import { readLines, readPieces } from "./read-lines.ts";

/** A document of a file as a line of JSON, or a part of the file that is none. */
export type FileItem =
  | { readonly kind: "document"; readonly line: string; readonly origin: string }
  | { readonly kind: "problem"; readonly origin: string; readonly code: string; readonly message: string };

/** What is read whole rather than in pieces: a document's text has at most 4 Mi characters, of up to 3 bytes. */
const MOST_WHOLE_BYTES = 32 * 1024 * 1024;

/**
 * The documents of a file, as `polyseme ingest` makes them: one a line of .jsonl, a row of .csv, an entry of .json, else
 * the file itself. Lines and rows are read in pieces, so memory stays small whatever the file's size.
 * @param onRead told how many bytes were read by now
 * @throws Error when it cannot be read on, TypeError when it is no UTF-8
 */
export async function* fileDocuments(file: File, onRead: (bytes: number) => void): AsyncGenerator<FileItem> {
  const { name } = file;
  const kind = kindOf(name);
  switch (kind) {
    case "ndjson":
      for await (const { line, number } of readLines(readPieces(file, onRead)))
        yield { kind: "document", line, origin: `line ${number}` };
      return;
    case "csv":
      yield* rowDocuments(csvRows(readPieces(file, onRead)), name);
      return;
    case "json":
      yield* entries(await readWhole(file, onRead));
      return;
    case "html":
      yield textDocument(name, htmlText(await readWhole(file, onRead)));
      return;
    case "markdown": {
      const text = await readWhole(file, onRead);
      yield textDocument(name, { title: /^#\s+(.+?)\s*#*\s*$/m.exec(text)?.[1], text });
      return;
    }
    case "text":
      yield textDocument(name, { title: undefined, text: await readWhole(file, onRead) });
      return;
    case undefined:
      throw new Error("A browser cannot read this kind of file. Use: polyseme ingest");
    default:
      throw new Error(`Unknown kind ${String(kind satisfies never)}`);
  }
}

function textDocument(file: string, { title, text }: { title: string | undefined; text: string }): FileItem {
  const line = JSON.stringify({ id: file, text, ...(title === undefined ? {} : { title }), metadata: { file } });
  return { kind: "document", line, origin: "" };
}

async function readWhole(file: File, onRead: (bytes: number) => void): Promise<string> {
  if (file.size > MOST_WHOLE_BYTES)
    throw new Error(
      `It has ${file.size} bytes; at most ${MOST_WHOLE_BYTES} are read at once. Split it, or use .jsonl.`,
    );
  let text = "";
  for await (const piece of readPieces(file, onRead)) text += piece;
  return text.replace(/^\uFEFF/, "");
}

/** A list of documents, `{documents: […]}`, or one document. */
function* entries(source: string): Generator<FileItem> {
  const value: unknown = JSON.parse(source);
  const inside = isRecord(value) && Array.isArray(value["documents"]) ? (value["documents"] as unknown[]) : undefined;
  const all = Array.isArray(value) ? (value as unknown[]) : (inside ?? [value]);
  for (const [index, entry] of all.entries())
    yield { kind: "document", line: JSON.stringify(entry), origin: all.length === 1 ? "" : `entry ${index + 1}` };
}

/** By the header's names: `id`, `text`, `title`, and every other column in the metadata. Empty cells count as not there. */
async function* rowDocuments(rows: AsyncIterable<string[]>, file: string): AsyncGenerator<FileItem> {
  let header: readonly string[] | undefined;
  let number = 0;
  for await (const row of rows) {
    if (header === undefined) {
      header = row.map((name) => name.trim());
      if (header.includes("text")) continue;
      const message = `The header needs a column "text"; it has: ${header.join(", ")}.`;
      yield { kind: "problem", origin: "header", code: "invalid", message };
      return;
    }
    number += 1;
    const cells = Object.fromEntries(header.map((name, i) => [name, row[i] ?? ""]));
    const { id = "", text = "", title = "", ...rest } = cells;
    const metadata = Object.fromEntries(Object.entries(rest).filter(([name, cell]) => name !== "" && cell !== ""));
    const document = { id: id === "" ? `${file}#${number}` : id, text, ...(title === "" ? {} : { title }), metadata };
    yield { kind: "document", line: JSON.stringify(document), origin: `row ${number}` };
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
