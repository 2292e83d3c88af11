import type { ExplainedToken, SearchHit } from "@polyseme/client";
import { renderHead } from "./print-hits.ts";
import { renderTable, type Column } from "./table.ts";
import { printable, type Terminal } from "./terminal.ts";

const INDENT = " ".repeat(5);

const COLUMNS: readonly Column[] = [
  { title: "query" },
  { title: "met" },
  { title: "cosine", align: "right" },
  { title: "part", align: "right" },
  { title: "share", align: "right" },
];

/** A span of a text and how much of the score it has: the shares of all words that met it. */
export interface WeightedSpan {
  readonly start: number;
  readonly end: number;
  readonly share: number;
}

/**
 * Rank, score, id and title of each hit; below it the part of the chunk where most was met, with the met words marked by
 * their shares, and a table of the query's words. Hits that are not explained show their beginning.
 */
export function printExplained(hits: readonly SearchHit[], out: Terminal): void {
  for (const [i, hit] of hits.entries()) {
    out.line(renderHead(hit, i, out));
    const tokens = hit.explain?.tokens ?? [];
    out.line(
      `${INDENT}${renderMet(hit.chunk.text, spansOf(tokens, hit.chunk.start), out.width() - INDENT.length, out)}`,
    );
    if (tokens.length > 0)
      for (const line of renderTable(COLUMNS, tokens.map(rowOf), out)) out.line(`${INDENT}${line}`);
  }
}

function rowOf({ text, match, similarity, part, share, special }: ExplainedToken): string[] {
  return [
    text,
    match?.text ?? "",
    similarity === null ? "" : similarity.toFixed(3),
    part.toFixed(3),
    special && share === 0 ? "" : `${(100 * share).toFixed(1)} %`,
  ];
}

/**
 * Spans in the chunk's own offsets, in its order, each once.
 * @param origin where the chunk begins in its document
 */
export function spansOf(tokens: readonly ExplainedToken[], origin: number): WeightedSpan[] {
  const spans = new Map<number, WeightedSpan>();
  for (const { match, share } of tokens) {
    if (match === null) continue;
    const start = match.start - origin;
    const held = spans.get(start)?.share ?? 0;
    spans.set(start, { start, end: match.end - origin, share: held + share });
  }
  return [...spans.values()].sort((a, b) => a.start - b.start);
}

/** As much of a text as a line holds, where the spans in it have the largest share together. */
export function renderMet(text: string, spans: readonly WeightedSpan[], width: number, out: Terminal): string {
  const { colors } = out;
  const byColor = out.isTerminal && colors.isColorSupported;
  // Two signs on either side of a word, and an ellipsis at either end.
  const room = Math.max(1, width - 2 - (byColor ? 0 : 4 * spans.length));
  const { from, to } = densestWindow(text.length, spans, room);
  const most = Math.max(...spans.map(({ share }) => share), 0);
  let line = from > 0 ? "…" : "";
  let at = from;
  for (const { start, end, share } of spans) {
    if (start < at || end > to) continue;
    const word = flat(text.slice(start, end));
    line += flat(wholeCharacters(text, at, start));
    const isStrong = share >= most / 2;
    const isMarked = share >= most / 8;
    if (!isMarked) line += word;
    else if (byColor) line += isStrong ? colors.bold(colors.yellow(word)) : colors.yellow(word);
    else line += isStrong ? `»»${word}««` : `»${word}«`;
    at = end;
  }
  return `${line}${flat(wholeCharacters(text, at, to))}${to < text.length ? "…" : ""}`.trim();
}

function densestWindow(length: number, spans: readonly WeightedSpan[], room: number): { from: number; to: number } {
  if (length <= room) return { from: 0, to: length };
  let best = { from: 0, last: 0, share: -1 };
  for (const { start: from } of spans) {
    const inside = spans.filter(({ start, end }) => start >= from && end <= from + room);
    const share = inside.reduce((sum, span) => sum + span.share, 0);
    if (share > best.share) best = { from, last: inside.at(-1)?.end ?? from, share };
  }
  // What is left of the line goes to both sides.
  const before = Math.floor((room - (best.last - best.from)) / 2);
  const from = Math.max(0, Math.min(best.from - before, length - room));
  return { from, to: Math.min(length, from + room) };
}

/** The slice without halves of surrogate pairs at its ends. */
function wholeCharacters(text: string, start: number, end: number): string {
  return text
    .slice(start, end)
    .replace(/^[\uDC00-\uDFFF]/, "")
    .replace(/[\uD800-\uDBFF]$/, "");
}

function flat(text: string): string {
  return printable(text).replace(/\s+/g, " ");
}
