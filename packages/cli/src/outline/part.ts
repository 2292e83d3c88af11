/** A part of a text as a reader found it. */
export interface Part {
  /** UTF-16 offset at which it begins. */
  readonly start: number;
  /** The names above and of it, outermost first; empty: of the whole text. */
  readonly path: readonly string[];
}
