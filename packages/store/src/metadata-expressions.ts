import pg from "pg";

/** Characters of a text that an index holds: with four bytes each they are below what a B-tree takes. */
const INDEXED_CHARS = 256;

/**
 * SQL over metadata that is the same in indexes and in conditions, letter by letter, or no index is used. Every expression
 * has a value for any metadata and raises nothing, because documents are written through it.
 */
export interface FieldExpressions {
  /** The field as it is, where the way to it goes through objects only; else null. */
  readonly value: string;
  /** The field as a number; null where it is none. */
  readonly number: string;
  /** The beginning of the field's text, in the order of code points; null where it is none. */
  readonly text: string;
  /** Whether there is a list at the field or on the way to it; true or not. */
  readonly list: string;
}

/** @param metadata a jsonb expression that is an object */
export function fieldExpressions(metadata: string, path: readonly string[]): FieldExpressions {
  // The operator, unlike `#>`, goes into objects only: the key 0 is no place in a list.
  const steps = path.map((_, i) =>
    [metadata, ...path.slice(0, i + 1).map((key) => `${pg.escapeLiteral(key).trim()}::text`)].join(" -> "),
  );
  const value = `(${steps.at(-1) ?? metadata})`;
  return {
    value,
    number: `(case when jsonb_typeof${value} = 'number' then ${value}::numeric end)`,
    text: `((case when jsonb_typeof${value} = 'string' then left(${value} #>> '{}', ${INDEXED_CHARS}) end) collate "C")`,
    list: steps.map((step) => `jsonb_typeof(${step}) = 'array'`).join(" or "),
  };
}

/** The part of a text that its expression holds. */
export function indexedPart(text: string): string {
  return [...text].slice(0, INDEXED_CHARS).join("");
}
