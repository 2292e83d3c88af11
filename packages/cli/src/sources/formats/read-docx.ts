import { headingSections } from "../../outline/headings.ts";
import { UnreadableError, type FileText } from "./file-text.ts";
import { htmlText } from "./html-text.ts";
import { checkZip } from "./zip-bounds.ts";

/** Several times the text of a long book in XML, and some pictures. */
const BOUNDS = { entries: 10_000, bytes: 128 * 1024 * 1024 };

/**
 * Text of a Word document; pictures and files that it only points to are never opened.
 * @throws UnreadableError for what is no such document or is too large when it is unpacked
 */
export async function readDocx(bytes: Uint8Array): Promise<FileText> {
  await checkZip(bytes, BOUNDS);
  const { default: mammoth } = await import("mammoth");
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const withoutPictures = mammoth.images.imgElement(() => Promise.resolve({ src: "" }));
  const { value } = await mammoth
    .convertToHtml({ buffer }, { convertImage: withoutPictures, externalFileAccess: false })
    .catch((error: unknown) => {
      const reason = error instanceof Error ? error.message : String(error);
      throw new UnreadableError("invalid", `The file is no .docx that can be read: ${reason}`);
    });
  const { title, text, headings } = htmlText(value);
  return { title, text, sections: headingSections(text, headings) };
}
