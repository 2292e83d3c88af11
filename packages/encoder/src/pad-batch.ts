/** Texts of one run as rows of equal length. */
export interface PaddedBatch {
  readonly count: number;
  /** Tokens of the longest text, the row length. */
  readonly longest: number;
  /** Tokens of each text. */
  readonly lengths: readonly number[];
  /** [count, longest] int64. */
  readonly ids: BigInt64Array<ArrayBuffer>;
  /** [count, longest] int64, 1 where a token is that others see. */
  readonly mask: BigInt64Array<ArrayBuffer>;
  /** [count, longest] int64, which text of a pair each token is of; undefined: all of the first. */
  readonly types?: BigInt64Array<ArrayBuffer>;
}

/** What a text is to be padded of. */
export interface TypedIds {
  readonly ids: Int32Array;
  /** A type for each token; undefined: 0 for all. */
  readonly types?: Uint8Array | undefined;
  /** How many of its first tokens others see; undefined: all of them. */
  readonly seen?: number | undefined;
}

/** Pads on the right. `padTokenId` matters to models that derive positions from it, as RoBERTa does. */
export function padBatch(texts: readonly Int32Array[], padTokenId: number): PaddedBatch {
  return padTyped(
    texts.map((ids) => ({ ids })),
    padTokenId,
  );
}

/** The same for texts with types of tokens; padding has the type 0. */
export function padTyped(texts: readonly TypedIds[], padTokenId: number): PaddedBatch {
  const lengths = texts.map(({ ids }) => ids.length);
  const longest = Math.max(...lengths);
  const ids = new BigInt64Array(texts.length * longest).fill(BigInt(padTokenId));
  const mask = new BigInt64Array(texts.length * longest);
  const types = texts.some((text) => text.types !== undefined) ? new BigInt64Array(texts.length * longest) : undefined;
  texts.forEach((text, row) => {
    text.ids.forEach((id, column) => (ids[row * longest + column] = BigInt(id)));
    mask.fill(1n, row * longest, row * longest + Math.min(text.seen ?? Infinity, text.ids.length));
    if (types !== undefined) text.types?.forEach((type, column) => (types[row * longest + column] = BigInt(type)));
  });
  return { count: texts.length, longest, lengths, ids, mask, ...(types === undefined ? {} : { types }) };
}
