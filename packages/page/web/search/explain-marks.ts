import { segmentsOf, type Segment } from "../parts/segments.ts";
import type { ExplainedToken, Hit } from "../shapes.ts";

/** A piece of a hit's text, with the query's tokens that match it and how much of the score they bring. */
export interface MarkedPiece {
  readonly text: string;
  /** Indexes into the hit's explained tokens. */
  readonly tokens: readonly number[];
  /** 0 (plain text) to 3 (most of the score). */
  readonly strength: 0 | 1 | 2 | 3;
}

/**
 * The hit's text cut at the spans that its tokens match, each as strong as its share is large among the hit's; of a hit
 * that is not explained, its snippet with the query's words.
 */
export function markPieces({ chunk, explain, snippet }: Hit): MarkedPiece[] {
  if (explain === undefined && snippet !== undefined) {
    const marks = snippet.marks.map(([start = 0, end = 0]) => ({ start, end }));
    return segmentsOf(snippet.text, snippet.start, marks).map(({ text, spans }) => ({
      text,
      tokens: [],
      strength: spans.length > 0 ? 2 : 0,
    }));
  }
  const tokens = explain?.tokens ?? [];
  const matched = tokens.flatMap((token, index) =>
    token.match === null ? [] : [{ index, token, match: token.match }],
  );
  const largest = Math.max(0, ...matched.map(({ token }) => token.share));
  return segmentsOf(
    chunk.text,
    chunk.start,
    matched.map(({ match }) => match),
  ).map(({ text, spans }: Segment) => {
    const covering = spans.flatMap((span) => matched[span] ?? []);
    const share = Math.max(0, ...covering.map(({ token }) => token.share));
    return { text, tokens: covering.map(({ index }) => index), strength: strengthOf(covering.length, share, largest) };
  });
}

function strengthOf(covering: number, share: number, largest: number): MarkedPiece["strength"] {
  if (covering === 0) return 0;
  const part = largest === 0 ? 0 : share / largest;
  return part > 2 / 3 ? 3 : part > 1 / 3 ? 2 : 1;
}

/** Units of the query as they stand in it, and the model's own tokens apart. */
export function splitTokens(tokens: readonly ExplainedToken[]): {
  readonly words: readonly { readonly index: number; readonly token: ExplainedToken }[];
  readonly special: readonly ExplainedToken[];
} {
  const numbered = tokens.map((token, index) => ({ index, token }));
  return {
    words: numbered.filter(({ token }) => !token.special),
    special: tokens.filter(({ special }) => special),
  };
}
