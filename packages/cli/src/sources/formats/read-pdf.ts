import { UnreadableError, type FileText } from "./file-text.ts";

/** Pages whose places are told; their numbers fit the metadata's bound. */
const MAX_LISTED_PAGES = 4_000;
/** More than a document may have, so there is no use in reading on. */
const MAX_CHARACTERS = 4 * 1024 * 1024;
/** Names that programs give a file, not its author. */
const NO_TITLE = /^(untitled|microsoft word - .*|.*\.(docx?|pdf|tex|dvi|indd|qxd|pptx?|xlsx?))$/i;

/** What is used of the library; its own types want the whole of pdf.js. */
interface Pdf {
  readonly numPages: number;
  getPage(number: number): Promise<{ getTextContent(): Promise<{ items: readonly object[] }>; cleanup(): unknown }>;
  getMetadata(): Promise<{ info: object }>;
  destroy(): Promise<void>;
}

/**
 * Text of a PDF, page after page. Metadata: `pages`, and `pageStarts`, the offset at which each page begins.
 * @throws UnreadableError for what is no PDF, needs a password, or holds pictures only
 */
export async function readPdf(bytes: Uint8Array): Promise<FileText> {
  const { getDocumentProxy } = await import("unpdf");
  // No code is made of fonts, nothing is fetched, no picture is decoded.
  const options = { isEvalSupported: false, useSystemFonts: false, disableFontFace: true, stopAtErrors: false };
  // A copy of its own: the library takes no Buffer, and keeps what it is given.
  const opening = getDocumentProxy(new Uint8Array(bytes), { ...options, verbosity: 0 }) as Promise<Pdf>;
  const pdf = await opening.catch((error: unknown) => {
    throw new UnreadableError("invalid", describe(error));
  });
  try {
    const starts: number[] = [];
    let text = "";
    for (let number = 1; number <= pdf.numPages; number += 1) {
      const page = await pdf.getPage(number);
      const content = await page.getTextContent();
      const words = pageText(content.items);
      page.cleanup();
      if (text !== "" && words !== "") text += "\n\n";
      starts.push(text.length);
      text += words;
      if (text.length > MAX_CHARACTERS)
        throw new UnreadableError(
          "too_large",
          `The text has more than ${MAX_CHARACTERS} characters after ${number} of ${pdf.numPages} pages. Split the PDF.`,
        );
    }
    if (text.trim() === "")
      throw new UnreadableError(
        "unusable_text",
        "The PDF holds no text. It may be scanned: have its text recognised first.",
      );
    const pages = pdf.numPages;
    return {
      title: await titleOf(pdf),
      text,
      metadata: { pages, ...(pages > MAX_LISTED_PAGES ? {} : { pageStarts: starts }) },
    };
  } finally {
    await pdf.destroy();
  }
}

/** Words of a page in the order they are drawn, a line a line. What no database can store is left out. */
function pageText(items: readonly object[]): string {
  const parts: string[] = [];
  for (const item of items) {
    if (!("str" in item) || typeof item.str !== "string") continue;
    parts.push(item.str);
    if ("hasEOL" in item && item.hasEOL === true) parts.push("\n");
  }
  return parts.join("").replaceAll("\u0000", "").toWellFormed().trim();
}

async function titleOf(pdf: Pdf): Promise<string | undefined> {
  const { info } = await pdf.getMetadata().catch(() => ({ info: {} }));
  const title = "Title" in info && typeof info.Title === "string" ? info.Title.replaceAll("\u0000", "").trim() : "";
  return title === "" || NO_TITLE.test(title) ? undefined : title.toWellFormed();
}

function describe(error: unknown): string {
  if (error instanceof Error && error.name === "PasswordException")
    return "The PDF needs a password. Save a copy without one.";
  return `The file is no PDF that can be read: ${error instanceof Error ? error.message : String(error)}`;
}
