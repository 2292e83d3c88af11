import type { Polyseme, SearchHit } from "@polyseme/client";
import { sentencesOf, type Span } from "./sentences.ts";
import { printable, type Terminal } from "./terminal.ts";
import { cosine } from "./vectors.ts";

/** Hits looked into, and sentences of each: what a person reads, and what is encoded in well under a second. */
const MARKED_HITS = 10;
const SENTENCES_A_HIT = 48;

/**
 * For each hit, the sentence of its chunk that is nearest to the query; undefined where there is none. A chunk of one
 * sentence is marked whole, unasked.
 */
export async function findMatchedSpans(
  client: Pick<Polyseme, "embeddings">,
  options: { query: string; hits: readonly SearchHit[]; model: string; signal: AbortSignal },
): Promise<(Span | undefined)[]> {
  const sentences = options.hits
    .slice(0, MARKED_HITS)
    .map(({ chunk }) => sentencesOf(chunk.text).slice(0, SENTENCES_A_HIT));
  const candidates = sentences.flatMap((spans, hit) => (spans.length > 1 ? spans.map((span) => ({ hit, span })) : []));
  const best = sentences.map(([only]) => ({ span: only, score: -Infinity }));
  if (candidates.length > 0) {
    const texts = candidates.map(({ hit, span }) => (options.hits[hit]?.chunk.text ?? "").slice(span.start, span.end));
    const input = [options.query, ...texts];
    const { data } = await client.embeddings({ input, model: options.model }, { signal: options.signal });
    const [query, ...vectors] = data.map(({ embedding }) => embedding);
    for (const [i, { hit, span }] of candidates.entries()) {
      const score = cosine(query ?? [], vectors[i] ?? []);
      const held = best[hit];
      if (held !== undefined && score > held.score) best[hit] = { span, score };
    }
  }
  return options.hits.map((_, i) => best[i]?.span);
}

/**
 * A text on one line of at most `width` characters, with the span marked (by colour, else by »…«) and as much around it as
 * there is room for.
 */
export function renderMarked(text: string, span: Span | undefined, options: { width: number; out: Terminal }): string {
  const marked = span ?? { start: 0, end: 0 };
  const before = flat(text.slice(0, marked.start));
  const inside = flat(text.slice(marked.start, marked.end)).trim();
  const after = flat(text.slice(marked.end));
  const { colors, isTerminal } = options.out;
  const byColor = isTerminal && colors.isColorSupported;
  const room = options.width - (span === undefined || byColor ? 0 : 2);
  const shown = cutEnd(inside, room);
  // The span comes first; what is before it gets a third of the rest, what is after it all that is left.
  const left = cutStart(before, Math.max(Math.floor((room - shown.length) / 3), room - shown.length - after.length));
  const right = cutEnd(after, room - shown.length - left.length);
  if (span === undefined) return right.trim();
  const mark = byColor ? colors.bold(colors.yellow(shown)) : `»${shown}«`;
  return `${left}${mark}${right}`.trim();
}

/** A snippet on one line, with each of its marks marked. */
export function renderMarks(
  { text, start, marks }: { text: string; start: number; marks: readonly (readonly number[])[] },
  { colors, isTerminal }: Terminal,
): string {
  const byColor = isTerminal && colors.isColorSupported;
  let line = "";
  let at = 0;
  for (const [from = start, to = from] of marks) {
    const inside = flat(text.slice(from - start, to - start));
    line += flat(text.slice(at, from - start)) + (byColor ? colors.bold(colors.yellow(inside)) : `»${inside}«`);
    at = to - start;
  }
  return line + flat(text.slice(at));
}

function flat(text: string): string {
  return printable(text).replace(/\s+/g, " ");
}

function cutEnd(text: string, room: number): string {
  if (text.length <= room) return text;
  return room < 2 ? "" : `${text.slice(0, room - 1).replace(/[\uD800-\uDBFF]$/, "")}…`;
}

function cutStart(text: string, room: number): string {
  if (text.length <= room) return text;
  return room < 2 ? "" : `…${text.slice(text.length - room + 1).replace(/^[\uDC00-\uDFFF]/, "")}`;
}
