import type { SearchHit } from "@polyseme/client";
import { renderMarked } from "./mark-span.ts";
import type { Span } from "./sentences.ts";
import { printable, type Terminal } from "./terminal.ts";

const INDENT = " ".repeat(5);

/** Rank, score, id and title of each hit, and below it the best chunk with its matched sentence marked. */
export function printHits(hits: readonly SearchHit[], spans: readonly (Span | undefined)[], out: Terminal): void {
  for (const [i, { id, score, title, chunk }] of hits.entries()) {
    const rank = String(i + 1).padStart(3);
    const named = title === null || title === id ? "" : `  ${printable(title)}`;
    out.line(`${rank}  ${score.toFixed(3)}  ${out.colors.bold(printable(id))}${named}`);
    out.line(`${INDENT}${renderMarked(chunk.text, spans[i], { width: out.width() - INDENT.length, out })}`);
  }
}
