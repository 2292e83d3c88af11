import type { Part } from "./part.ts";

/** A line that begins a block: not indented, and no end of one such as `}` or `end`. */
const BEGINS = /^(?!end\b|fi\b|done\b|esac\b|else\b|elif\b|elsif\b)[^\s\])}>]/i;

/** The blocks of source code in whatever language: each begins behind a blank line, without indentation. */
export function blockParts(text: string): Part[] {
  const parts: Part[] = [];
  let behindBlank = false;
  for (let start = 0; start < text.length;) {
    const newline = text.indexOf("\n", start);
    const end = newline < 0 ? text.length : newline + 1;
    // No more than it takes to tell: lines may be as long as texts.
    const line = text.slice(start, Math.min(end, start + 16));
    const isBlank = end - start <= 16 && line.trim() === "";
    if (behindBlank && !isBlank && BEGINS.test(line)) parts.push({ start, path: [] });
    behindBlank = isBlank;
    start = end;
  }
  return parts;
}
