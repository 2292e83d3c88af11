import type { Span } from "../shapes.ts";

/** A piece of a text and the indexes of the spans that cover it, none for plain text. */
export interface Segment {
  readonly text: string;
  readonly spans: readonly number[];
}

/**
 * Cuts a text wherever a span begins or ends. Spans may overlap, and are cut to the text.
 * @param offset where the text begins in what the spans count in
 */
export function segmentsOf(text: string, offset: number, spans: readonly Span[]): Segment[] {
  const within = spans.map(({ start, end }) => ({ start: clip(start - offset, text), end: clip(end - offset, text) }));
  const borders = new Set([0, text.length, ...within.flatMap(({ start, end }) => (start < end ? [start, end] : []))]);
  const cuts = [...borders].sort((a, b) => a - b);
  return cuts.slice(0, -1).map((from, i) => {
    const to = cuts[i + 1] ?? text.length;
    const covering = within.flatMap(({ start, end }, index) =>
      start <= from && to <= end && start < end ? [index] : [],
    );
    return { text: text.slice(from, to), spans: covering };
  });
}

function clip(at: number, text: string): number {
  return Math.min(Math.max(at, 0), text.length);
}
