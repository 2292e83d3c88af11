import { fileWriter, ParquetWriter } from "hyparquet-writer";
import type { SchemaElement } from "hyparquet";
import { isEndLine, parseDocumentLine, type TransferDocument } from "./transfer-lines.ts";

/** Where the export's first line lies in the file's own metadata. */
export const HEADER_KEY = "polyseme";

/** A row group is in memory while it is written: some 30 MB at 384 dimensions. */
const ROWS_A_GROUP = 4_096;
/** Long texts and wide vectors fill it sooner. */
const GROUP_BYTES = 32 * 1024 * 1024;

/** A row a chunk; a document without chunks (it was not stored) is one row without ordinal and embedding. */
const SCHEMA: SchemaElement[] = [
  { name: "root", num_children: 11 },
  { name: "document_id", type: "BYTE_ARRAY", converted_type: "UTF8", repetition_type: "REQUIRED" },
  { name: "ordinal", type: "INT32", repetition_type: "OPTIONAL" },
  { name: "start", type: "INT32", repetition_type: "OPTIONAL" },
  { name: "end", type: "INT32", repetition_type: "OPTIONAL" },
  { name: "tokens", type: "INT32", repetition_type: "OPTIONAL" },
  { name: "text", type: "BYTE_ARRAY", converted_type: "UTF8", repetition_type: "OPTIONAL" },
  { name: "metadata", type: "BYTE_ARRAY", converted_type: "JSON", repetition_type: "REQUIRED" },
  { name: "embedding", repetition_type: "OPTIONAL", converted_type: "LIST", num_children: 1 },
  { name: "list", repetition_type: "REPEATED", num_children: 1 },
  { name: "element", type: "FLOAT", repetition_type: "REQUIRED" },
  // Of the document, in its first row.
  { name: "version", type: "INT32", repetition_type: "OPTIONAL" },
  { name: "title", type: "BYTE_ARRAY", converted_type: "UTF8", repetition_type: "OPTIONAL" },
  { name: "document_text", type: "BYTE_ARRAY", converted_type: "UTF8", repetition_type: "OPTIONAL" },
];

interface Row {
  readonly document_id: string;
  readonly ordinal: number | null;
  readonly start: number | null;
  readonly end: number | null;
  readonly tokens: number | null;
  readonly text: string | null;
  readonly metadata: unknown;
  readonly embedding: number[] | null;
  readonly version: number | null;
  readonly title: string | null;
  readonly document_text: string | null;
}
const COLUMNS = [
  "document_id",
  "ordinal",
  "start",
  "end",
  "tokens",
  "text",
  "metadata",
  "embedding",
  "version",
  "title",
  "document_text",
] as const satisfies readonly (keyof Row)[];

/**
 * Writes the lines of an export (vectors as base64) as Parquet, a row group at a time. A file that was not finished has no
 * footer, and nothing reads it.
 * @throws the system's error; Error when the signal is aborted
 */
export async function writeParquetFile(path: string, lines: AsyncIterable<string>, signal: AbortSignal): Promise<void> {
  let writer: ParquetWriter | undefined;
  let rows: Row[] = [];
  let bytes = 0;
  for await (const line of lines) {
    signal.throwIfAborted();
    if (writer === undefined) {
      const kvMetadata = [{ key: HEADER_KEY, value: line }];
      writer = new ParquetWriter({ writer: fileWriter(path), schema: SCHEMA, kvMetadata, createdBy: "polyseme" });
      continue;
    }
    if (isEndLine(line)) break;
    const document = parseDocumentLine(line);
    rows.push(...rowsOf(document));
    bytes += line.length;
    if (rows.length < ROWS_A_GROUP && bytes < GROUP_BYTES) continue;
    await writeGroup(writer, rows);
    rows = [];
    bytes = 0;
  }
  if (writer === undefined) throw new Error("The server sent nothing to write.");
  if (rows.length > 0) await writeGroup(writer, rows);
  await writer.finish();
}

async function writeGroup(writer: ParquetWriter, rows: readonly Row[]): Promise<void> {
  const columnData = COLUMNS.map((name) => ({
    name,
    data: rows.map((row) => row[name]),
    // Vectors do not repeat, and are no smaller for being compressed.
    ...(name === "embedding" ? { encoding: "PLAIN" as const, codec: "UNCOMPRESSED" as const, statistics: false } : {}),
  }));
  await writer.write({ columnData, rowGroupSize: rows.length });
}

function rowsOf({ id, title, text, metadata, version, chunks }: TransferDocument): Row[] {
  const whole = { version: version ?? null, title: title ?? null, document_text: text };
  const rest = { version: null, title: null, document_text: null };
  const none = { ordinal: null, start: null, end: null, tokens: null, text: null, embedding: null };
  if (chunks.length === 0) return [{ document_id: id, metadata, ...none, ...whole }];
  return chunks.map(({ start, end, tokens = 0, embedding }, ordinal) => ({
    document_id: id,
    ordinal,
    start,
    end,
    tokens,
    text: text.slice(start, end),
    metadata,
    embedding: numbersOf(embedding),
    ...(ordinal === 0 ? whole : rest),
  }));
}

function numbersOf(base64: string): number[] {
  const bytes = Uint8Array.from(Buffer.from(base64, "base64"));
  return [...new Float32Array(bytes.buffer)];
}
