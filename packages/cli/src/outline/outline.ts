import type { Section } from "@polyseme/core";
import { blockParts } from "./blocks.ts";
import { formatOf } from "./formats.ts";
import { tidySections } from "./tidy.ts";

/** What a text says of its own parts. */
export interface Outline {
  /** Where chunks begin anew, with the headings or names above each; none for plain text. */
  readonly sections: Section[];
  /** What the text calls itself, in its front matter or first heading. */
  readonly title?: string;
}

/**
 * The sections of a text: at the headings of Markdown, at the functions and classes of source code, at the blocks between
 * blank lines in languages that nothing here reads. Parsers are loaded when a text of their format comes first. Never
 * throws for a text, whatever is in it; the time is linear in its length.
 * @param format a file name's ending without the dot, in any case, such as `md` or `ts`; others have no sections
 * @param text with offsets as JavaScript counts them
 */
export async function outlineOf(format: string, text: string): Promise<Outline> {
  const known = formatOf(format.toLowerCase());
  switch (known.kind) {
    case "plain":
      return { sections: [] };
    case "markdown": {
      const { markdownOutline } = await import("./markdown.ts");
      return markdownOutline(text);
    }
    case "code": {
      const { codeParts } = await import("./code.ts");
      const parts = await codeParts(text, known.language);
      return { sections: tidySections(parts ?? blockParts(text), text.length) };
    }
    case "blocks":
      return { sections: tidySections(blockParts(text), text.length) };
    default:
      throw new Error(`Unknown kind ${String(known satisfies never)}`);
  }
}

/** What of an outline is pushed with a document: nothing where there are no sections. */
export function sectionsOf({ sections }: Outline): { readonly sections?: readonly Section[] } {
  return sections.length === 0 ? {} : { sections };
}
