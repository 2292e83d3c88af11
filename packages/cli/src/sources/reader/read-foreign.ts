import { openFile } from "../open-file.ts";
import { readBounded } from "../read-bounded.ts";
import { UnreadableError, type FileText } from "../formats/file-text.ts";
import type { ForeignFile, PlainItem } from "./protocol.ts";

const MIB = 1024 * 1024;
/** Text and pictures of a thick book. */
const MAX_BYTES = { html: 32 * MIB, pdf: 128 * MIB, docx: 64 * MIB } as const;

/**
 * The documents of one file. The libraries are loaded when the first file of their kind comes.
 * @throws Error when a file of many documents breaks off
 */
export async function* readForeign(found: ForeignFile): AsyncGenerator<PlainItem> {
  const { path, id, kind } = found;
  const file = await openFile(found);
  try {
    if (kind === "parquet") {
      const { readParquet } = await import("../formats/read-parquet.ts");
      yield* readParquet(file, id);
      return;
    }
    const bytes = await readBounded(file, MAX_BYTES[kind]);
    if (bytes === undefined)
      throw new UnreadableError("too_large", `The file has more than ${MAX_BYTES[kind] / MIB} MiB.`);
    const { title, text, sections = [], metadata } = await readOne(kind, bytes);
    const parts = {
      ...(title === undefined ? {} : { title: title.slice(0, 2_000).toWellFormed() }),
      ...(sections.length === 0 ? {} : { sections }),
    };
    const document = { id, text, ...parts };
    yield { document: { ...document, metadata: { file: id, ...metadata } }, origin: path };
  } catch (error) {
    if (!(error instanceof UnreadableError)) throw error;
    yield { problem: { origin: path, id, code: error.code, message: error.message } };
  } finally {
    await file.close();
  }
}

async function readOne(kind: "html" | "pdf" | "docx", bytes: Uint8Array): Promise<FileText> {
  switch (kind) {
    case "html":
      return (await import("../formats/read-html.ts")).readHtml(bytes);
    case "pdf":
      return (await import("../formats/read-pdf.ts")).readPdf(bytes);
    case "docx":
      return (await import("../formats/read-docx.ts")).readDocx(bytes);
    default:
      throw new Error(`Unknown kind ${String(kind satisfies never)}`);
  }
}
