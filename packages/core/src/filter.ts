/** What metadata holds and filters compare with. Lists match by their elements, objects only by the fields in them. */
export type FilterValue = string | number | boolean | null;

/**
 * A condition on a document's metadata; `parseFilter` makes it from JSON, `matchesFilter` says what it means.
 * A path names a field in a field; it goes into every object of a list. `ne` and `nin` are true where the field is missing.
 */
export type Filter =
  | { readonly kind: "and" | "or"; readonly of: readonly Filter[] }
  | { readonly kind: "not"; readonly of: Filter }
  | {
      readonly kind: "compare";
      readonly path: readonly string[];
      readonly op: CompareOp;
      readonly value: FilterValue;
    }
  | { readonly kind: "in" | "nin"; readonly path: readonly string[]; readonly values: readonly FilterValue[] }
  | { readonly kind: "exists"; readonly path: readonly string[]; readonly exists: boolean };

export type CompareOp = "eq" | "ne" | RangeOp;
export type RangeOp = "gt" | "gte" | "lt" | "lte";

export const FILTER_LIMITS = {
  /** Conditions inside groups inside groups; a condition by itself is one level. */
  depth: 8,
  conditions: 100,
  /** In the list of one $in or $nin. */
  values: 1_000,
  /** UTF-16 units of a field's name or of a string. */
  stringChars: 1_024,
  /** The whole filter as JSON, with every operator written out. */
  bytes: 64 * 1024,
} as const;

/** The filter as JSON again; parsed, it gives the same filter. */
export function printFilter(filter: Filter): Record<string, unknown> {
  switch (filter.kind) {
    case "and":
      return filter.of.length === 0 ? {} : { $and: filter.of.map(printFilter) };
    case "or":
      return { $or: filter.of.map(printFilter) };
    case "not":
      return { $not: printFilter(filter.of) };
    case "compare":
      return { [printPath(filter.path)]: { [`$${filter.op}`]: filter.value } };
    case "in":
    case "nin":
      return { [printPath(filter.path)]: { [`$${filter.kind}`]: filter.values } };
    case "exists":
      return { [printPath(filter.path)]: { $exists: filter.exists } };
    default:
      throw new Error(`A filter of an unknown kind: ${(filter satisfies never as { kind: string }).kind}`);
  }
}

function printPath(path: readonly string[]): string {
  const name = path.map((part) => part.replace(/[.\\]/g, "\\$&")).join(".");
  return name.startsWith("$") ? `\\${name}` : name;
}
