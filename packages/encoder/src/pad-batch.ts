/** Texts of one run as rows of equal length. */
export interface PaddedBatch {
  readonly count: number;
  /** Tokens of the longest text, the row length. */
  readonly longest: number;
  /** Tokens of each text. */
  readonly lengths: readonly number[];
  /** [count, longest] int64. */
  readonly ids: BigInt64Array<ArrayBuffer>;
  /** [count, longest] int64, 1 where a token is. */
  readonly mask: BigInt64Array<ArrayBuffer>;
}

/** Pads on the right. `padTokenId` matters to models that derive positions from it, as RoBERTa does. */
export function padBatch(texts: readonly Int32Array[], padTokenId: number): PaddedBatch {
  const lengths = texts.map(({ length }) => length);
  const longest = Math.max(...lengths);
  const ids = new BigInt64Array(texts.length * longest).fill(BigInt(padTokenId));
  const mask = new BigInt64Array(texts.length * longest);
  texts.forEach((text, row) => {
    text.forEach((id, column) => (ids[row * longest + column] = BigInt(id)));
    mask.fill(1n, row * longest, row * longest + text.length);
  });
  return { count: texts.length, longest, lengths, ids, mask };
}
