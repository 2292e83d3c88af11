import type { SearchHit } from "@polyseme/client";
import { renderMarked, renderMarks } from "./mark-span.ts";
import type { Span } from "./sentences.ts";
import { printable, type Terminal } from "./terminal.ts";

const INDENT = " ".repeat(5);

/** Rank, score, id and title of each hit, and below it the best chunk with its matched sentence marked. */
export function printHits(hits: readonly SearchHit[], spans: readonly (Span | undefined)[], out: Terminal): void {
  for (const [i, hit] of hits.entries()) {
    out.line(renderHead(hit, i, out));
    const { snippet } = hit;
    const room = { width: out.width() - INDENT.length, out };
    out.line(`${INDENT}${snippet ? renderMarks(snippet, out) : renderMarked(hit.chunk.text, spans[i], room)}`);
  }
}

/** @param index place among the hits, from 0 */
export function renderHead(
  { id, score, vectorScore, title, collection }: SearchHit,
  index: number,
  out: Terminal,
): string {
  const rank = String(index + 1).padStart(3);
  const named = title === null || title === id ? "" : `  ${printable(title)}`;
  const where = collection === undefined ? "" : `${printable(collection)}/`;
  const foundBy = vectorScore === undefined ? "" : `  (vector ${vectorScore.toFixed(3)})`;
  return `${rank}  ${score.toFixed(3)}  ${out.colors.bold(`${where}${printable(id)}`)}${named}${foundBy}`;
}
