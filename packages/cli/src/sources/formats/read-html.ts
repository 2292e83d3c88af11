import { headingSections } from "../../outline/headings.ts";
import { decodeUtf8 } from "../read-bounded.ts";
import { htmlText } from "./html-text.ts";
import { UnreadableError, type FileText } from "./file-text.ts";

const DECLARED = /<meta[^>]{0,200}charset\s*=\s*["']?\s*([\w-]{1,40})/i;
const HEAD_BYTES = 1_024;

/** @throws UnreadableError when the encoding that the page declares is none */
export function readHtml(bytes: Uint8Array): FileText {
  const { title, text, headings } = htmlText(decodePage(bytes));
  return { title, text, sections: headingSections(text, headings) };
}

/** UTF-8 where it is that, whatever the page says; else as it declares itself. */
function decodePage(bytes: Uint8Array): string {
  const utf8 = decodeUtf8(bytes);
  if (utf8 !== undefined) return utf8;
  const head = new TextDecoder("latin1").decode(bytes.subarray(0, HEAD_BYTES));
  const isUtf16 = (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff);
  const label = isUtf16 ? (bytes[0] === 0xff ? "utf-16le" : "utf-16be") : (DECLARED.exec(head)?.[1] ?? "utf-8");
  try {
    return new TextDecoder(label, { fatal: true }).decode(bytes);
  } catch {
    throw new UnreadableError("unusable_text", "The page is neither UTF-8 nor what it declares itself to be.");
  }
}
