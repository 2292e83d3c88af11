import {
  asyncBufferFromFile,
  parquetMetadataAsync,
  parquetReadObjects,
  type AsyncBuffer,
  type FileMetaData,
} from "hyparquet";
import { isRecord } from "@polyseme/core";
import { END_LINE, type TransferDocument } from "./transfer-lines.ts";
import { HEADER_KEY } from "./write-parquet.ts";

/**
 * The lines of the export that was written into a Parquet file. Holds a row group and the document that it cuts.
 * @throws Error when it is no Parquet, or was not written by `polyseme export`
 */
export async function* readParquetFile(path: string): AsyncGenerator<string> {
  const file = await asyncBufferFromFile(path);
  const metadata = await parquetMetadataAsync(file).catch((error: unknown) => {
    throw new Error(`${path} is no whole Parquet file. Export it again.`, { cause: error });
  });
  const header = metadata.key_value_metadata?.find(({ key }) => key === HEADER_KEY)?.value;
  if (header === undefined)
    throw new Error(`${path} was not written by polyseme export: it does not say of which model its vectors are.`);
  yield header;
  let current: Draft | undefined;
  for await (const row of rowsOf(file, metadata)) {
    const id = row["document_id"];
    if (typeof id !== "string") throw new Error(`${path} has a row without document_id.`);
    if (current?.id !== id) {
      if (current !== undefined) yield JSON.stringify(current);
      current = draftOf(id, row);
    }
    if (row["embedding"] !== null && row["embedding"] !== undefined) current.chunks.push(chunkOf(row));
  }
  if (current !== undefined) yield JSON.stringify(current);
  yield END_LINE;
}

type Draft = Omit<TransferDocument, "chunks"> & { readonly chunks: TransferDocument["chunks"][number][] };

async function* rowsOf(file: AsyncBuffer, metadata: FileMetaData): AsyncGenerator<Record<string, unknown>> {
  let rowStart = 0;
  for (const group of metadata.row_groups) {
    const rowEnd = rowStart + Number(group.num_rows);
    for (const row of await parquetReadObjects({ file, metadata, rowStart, rowEnd })) {
      if (!isRecord(row)) throw new Error("A row of a Parquet file is no object");
      yield row;
    }
    rowStart = rowEnd;
  }
}

function draftOf(id: string, row: Record<string, unknown>): Draft {
  const { title, document_text: text, metadata, version } = row;
  return {
    id,
    title: typeof title === "string" ? title : null,
    text: typeof text === "string" ? text : "",
    metadata,
    ...(typeof version === "number" ? { version } : {}),
    chunks: [],
  };
}

function chunkOf({ start, end, tokens, embedding }: Record<string, unknown>): Draft["chunks"][number] {
  const numbers = Array.isArray(embedding) ? (embedding as number[]) : [];
  const { buffer } = Float32Array.from(numbers);
  return {
    start: Number(start),
    end: Number(end),
    tokens: Number(tokens ?? 0),
    embedding: Buffer.from(buffer).toString("base64"),
  };
}
