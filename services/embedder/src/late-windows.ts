/** A stretch of a document's tokens that one run of the encoder sees, and the part of it whose vectors are kept. */
export interface TokenWindow {
  /** Numbers of the document's tokens, [first, end). */
  readonly first: number;
  readonly end: number;
  /** [keptFrom, keptEnd): inside the window; those of all windows tile the document. */
  readonly keptFrom: number;
  readonly keptEnd: number;
}

/** Tokens that neighbours share at most: half of them is what a kept token sees at least on either side. */
const MOST_OVERLAP = 128;
/** More would be encoded twice for little. */
const OVERLAP_SHARE = 0.25;

/** Tokens that neighbouring windows share; even, as each keeps half of them. */
export function overlapOf(payload: number): number {
  return 2 * Math.floor(Math.min(MOST_OVERLAP, payload * OVERLAP_SHARE) / 2);
}

/**
 * As few windows over a document's tokens as may be, and as equal as can be, so that none is a stub whose tokens see
 * hardly any text. Each keeps its centre: at an inner edge half of the overlap is left to the neighbour, so every kept
 * token has at least so many tokens of context there.
 * @param count the document's tokens, without special ones
 * @param payload most tokens of a window, without special ones
 */
export function planWindows(count: number, payload: number): TokenWindow[] {
  if (count === 0) return [];
  if (count <= payload) return [{ first: 0, end: count, keptFrom: 0, keptEnd: count }];
  const overlap = overlapOf(payload);
  const windows = Math.ceil((count - overlap) / (payload - overlap));
  const firstOf = (window: number): number => Math.floor((window * (count - overlap)) / windows);
  return Array.from({ length: windows }, (_, i) => {
    const [first, next] = [firstOf(i), firstOf(i + 1)];
    return {
      first,
      end: next + overlap,
      keptFrom: i === 0 ? 0 : first + overlap / 2,
      keptEnd: i === windows - 1 ? count : next + overlap / 2,
    };
  });
}
