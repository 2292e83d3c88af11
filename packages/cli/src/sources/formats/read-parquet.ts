import type { FileHandle } from "node:fs/promises";
import type { SourceItem } from "../source.ts";

/** Rows that are in memory at once. */
const SLICE_ROWS = 10_000;
const MAX_COLUMNS = 10_000;
const MAX_FOOTER_BYTES = 64 * 1024 * 1024;
/** A longer list of numbers is a vector, which is not metadata. */
const MAX_NUMBERS = 100;
const MAX_DEPTH = 10;

/**
 * A document a row, by the columns' names: `id`, `text`, `title`, and every other column in the metadata. Bytes and long
 * lists of numbers are left out.
 * @param name names the file in ids of rows that have none, and in messages
 * @throws Error for what is no Parquet file
 */
export async function* readParquet(handle: FileHandle, name: string): AsyncGenerator<SourceItem> {
  const { parquetMetadataAsync, parquetReadObjects } = await import("hyparquet");
  const { compressors } = await import("hyparquet-compressors");
  const { size } = await handle.stat();
  const file = {
    byteLength: size,
    slice: (start: number, end = size): Promise<ArrayBuffer> => readPart(handle, start, Math.min(end, size)),
  };
  await checkFooter(handle, size);
  const metadata = await parquetMetadataAsync(file);
  const columns = metadata.schema.slice(1).map((element) => element.name);
  if (columns.length > MAX_COLUMNS) throw new Error(`more than ${MAX_COLUMNS} columns`);
  if (!columns.includes("text")) {
    const known = columns.slice(0, 50).join(", ");
    yield { problem: { origin: name, code: "invalid", message: `It needs a column "text"; it has: ${known}.` } };
    return;
  }
  let number = 0;
  for (const { start, end } of slices(metadata.row_groups.map((group) => Number(group.num_rows)))) {
    const rows = await parquetReadObjects({ file, metadata, compressors, rowStart: start, rowEnd: end });
    for (const row of rows) {
      number += 1;
      yield { document: documentOf(row, `${name}#${number}`), origin: `${name}, row ${number}` };
    }
  }
}

/** Ranges of rows, none of them across two groups, which are packed apart. */
export function* slices(groupRows: readonly number[]): Generator<{ start: number; end: number }> {
  let start = 0;
  for (const rows of groupRows) {
    const groupEnd = start + rows;
    for (; start < groupEnd; start = Math.min(start + SLICE_ROWS, groupEnd))
      yield { start, end: Math.min(start + SLICE_ROWS, groupEnd) };
  }
}

async function checkFooter(handle: FileHandle, size: number): Promise<void> {
  if (size < 12) throw new Error("it is no Parquet file");
  const end = new DataView(await readPart(handle, size - 8, size));
  const footer = end.getUint32(0, true);
  if (footer > MAX_FOOTER_BYTES || footer > size) throw new Error(`its description is ${footer} bytes long`);
}

async function readPart(handle: FileHandle, start: number, end: number): Promise<ArrayBuffer> {
  const bytes = new Uint8Array(new ArrayBuffer(Math.max(0, end - start)));
  let filled = 0;
  while (filled < bytes.length) {
    const { bytesRead } = await handle.read(bytes, filled, bytes.length - filled, start + filled);
    if (bytesRead === 0) throw new Error("it is shorter than it says");
    filled += bytesRead;
  }
  return bytes.buffer;
}

/** Values that are not there count as no columns. */
function documentOf(row: Readonly<Record<string, unknown>>, rowId: string): Record<string, unknown> {
  const { id, text, title, ...rest } = row;
  const entries = Object.entries(rest).map(([column, value]) => [column, plain(value, 0)] as const);
  return {
    id: id === undefined || id === null || id === "" ? rowId : asText(id),
    text: asText(text),
    ...(title === undefined || title === null || title === "" ? {} : { title: asText(title) }),
    metadata: Object.fromEntries(entries.filter(([column, value]) => column !== "" && value !== undefined)),
  };
}

function asText(value: unknown): unknown {
  if (typeof value === "bigint" || typeof value === "number") return String(value);
  return value instanceof Date ? isoOf(value) : (value ?? "");
}

/** The value as JSON has it; undefined for what it has not. */
function plain(value: unknown, depth: number): unknown {
  if (value === null || value === undefined || depth > MAX_DEPTH) return undefined;
  // Columns of bytes come as texts when nothing says what they are.
  if (typeof value === "string") return value.includes("\u0000") || value.includes("\uFFFD") ? undefined : value;
  if (typeof value === "bigint") return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
  if (value instanceof Date) return isoOf(value);
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return undefined;
  if (Array.isArray(value)) {
    if (value.length > MAX_NUMBERS && value.every((one) => typeof one === "number")) return undefined;
    return value.map((one) => plain(one, depth + 1) ?? null);
  }
  if (typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, plain(one, depth + 1)]));
}

function isoOf(date: Date): string {
  return Number.isNaN(date.getTime()) ? String(date) : date.toISOString();
}
