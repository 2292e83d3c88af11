import { isRecord } from "./document.ts";
import type { Filter, FilterValue, RangeOp } from "./filter.ts";

/** Whether a document with this metadata is kept by the filter. It is what the condition in SQL is tested against. */
export function matchesFilter(filter: Filter, metadata: Readonly<Record<string, unknown>>): boolean {
  switch (filter.kind) {
    case "and":
      return filter.of.every((one) => matchesFilter(one, metadata));
    case "or":
      return filter.of.some((one) => matchesFilter(one, metadata));
    case "not":
      return !matchesFilter(filter.of, metadata);
    case "compare": {
      const { path, op, value } = filter;
      if (op === "eq" || op === "ne") return valuesAt(metadata, path).includes(value) === (op === "eq");
      return valuesAt(metadata, path).some((found) => isInRange(found, op, value));
    }
    case "in":
    case "nin": {
      const wanted: ReadonlySet<unknown> = new Set(filter.values);
      return valuesAt(metadata, filter.path).some((found) => wanted.has(found)) === (filter.kind === "in");
    }
    case "exists":
      return reached(metadata, filter.path).length > 0 === filter.exists;
    default:
      throw new Error(`A filter of an unknown kind: ${(filter satisfies never as { kind: string }).kind}`);
  }
}

/** What stands at the path, and in the place of a list its elements. */
function valuesAt(metadata: unknown, path: readonly string[]): unknown[] {
  return reached(metadata, path).flatMap((value) => value);
}

/** What stands at the path. A step goes into an object, or into every object of a list. */
function reached(metadata: unknown, path: readonly string[]): unknown[] {
  let values: unknown[] = [metadata];
  for (const key of path)
    values = values
      .flatMap((value) => value)
      .flatMap((value) => (isRecord(value) && Object.hasOwn(value, key) ? [value[key]] : []));
  return values;
}

function isInRange(found: unknown, op: RangeOp, limit: FilterValue): boolean {
  const order = orderOf(found, limit);
  if (order === undefined) return false;
  switch (op) {
    case "gt":
      return order > 0;
    case "gte":
      return order >= 0;
    case "lt":
      return order < 0;
    case "lte":
      return order <= 0;
    default:
      throw new Error(`An unknown comparison: ${String(op satisfies never)}`);
  }
}

/** Below, at or above 0; undefined where the two have no order. */
function orderOf(found: unknown, limit: FilterValue): number | undefined {
  if (typeof found === "number" && typeof limit === "number") return found - limit;
  // UTF-8 is in the order of code points; the units of JavaScript's own comparison are not.
  if (typeof found === "string" && typeof limit === "string")
    return Buffer.compare(Buffer.from(found), Buffer.from(limit));
  return undefined;
}
