/** A vector of a whole vocabulary with few values that are not zero. */
export interface SparseVector {
  /** Numbers of the tokens that have a weight, from 0, ascending. */
  readonly indices: Int32Array;
  /** Their weights, above 0, in the same order. */
  readonly values: Float32Array;
}

/** What of a collection's generation says by which model its texts get sparse vectors. */
export interface SparseSettings {
  readonly model: string;
  /** Tokens of its vocabulary. */
  readonly dimensions: number;
}
