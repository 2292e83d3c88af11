import type { Filter, FilterValue, RangeOp } from "@polyseme/core";
import { fieldExpressions, INDEXED_CHARS } from "./metadata-expressions.ts";

/** Puts a value among a statement's parameters and answers how the text names it, such as `$3::jsonpath`. */
export type Given = (value: unknown, type: string) => string;

type Range = Extract<Filter, { kind: "compare" }> & { readonly op: RangeOp };

const OPERATORS = { gt: ">", gte: ">=", lt: "<", lte: "<=" } as const satisfies Record<RangeOp, string>;

/**
 * The filter as a condition of SQL: true exactly where `matchesFilter` is, else false, and never null. Values are compared
 * by a JSON path, which an index `gin (metadata jsonb_path_ops)` finds equal values by. Beside it, ranges have a condition
 * that follows from them and that the other indexes of `metadataIndexes` answer.
 * @param metadata a jsonb expression that is an object, such as `d.metadata`; it is repeated
 */
export function filterCondition(filter: Filter, metadata: string, given: Given): string {
  const inner = (one: Filter): string => filterCondition(one, metadata, given);
  const holds = (jsonPath: string): string => `${metadata} @? ${given(jsonPath, "jsonpath")}`;
  const not = (condition: string): string => `(not ${condition})`;
  switch (filter.kind) {
    case "and": {
      const ranges = filter.of.filter(isRange);
      return joined("and", [
        ...filter.of.map((one) =>
          isRange(one) ? holds(comparison(one.path, OPERATORS[one.op], [one.value])) : inner(one),
        ),
        ...byField(ranges).map((ofOne) => indexed(ofOne, metadata, given)),
      ]);
    }
    case "or":
      return joined("or", filter.of.map(inner));
    case "not":
      return not(inner(filter.of));
    case "compare":
      if (isRange(filter)) return inner({ kind: "and", of: [filter] });
      return inner({ kind: filter.op === "eq" ? "in" : "nin", path: filter.path, values: [filter.value] });
    case "in":
      return filter.values.length === 0 ? "false" : `(${holds(comparison(filter.path, "==", filter.values))})`;
    case "nin":
      return not(inner({ ...filter, kind: "in" }));
    case "exists": {
      const exists = `(${holds(`$${steps(filter.path)}`)})`;
      return filter.exists ? exists : not(exists);
    }
    default:
      throw new Error(`A filter of an unknown kind: ${(filter satisfies never as { kind: string }).kind}`);
  }
}

function isRange(filter: Filter): filter is Range {
  return filter.kind === "compare" && filter.op !== "eq" && filter.op !== "ne";
}

function joined(by: "and" | "or", conditions: readonly string[]): string {
  if (conditions.length === 0) return by === "and" ? "true" : "false";
  return `(${conditions.join(` ${by} `)})`;
}

/**
 * The path in a filter on the whole: there, what is no comparison (of a text with a number) is false. Its operands go into a
 * list one level deep, and each step into a list of objects.
 */
function comparison(path: readonly string[], operator: string, values: readonly FilterValue[]): string {
  return `$ ? (${values.map((value) => `@${steps(path)} ${operator} ${JSON.stringify(value)}`).join(" || ")})`;
}

/** JSON's strings are strings of JSON paths too. */
function steps(path: readonly string[]): string {
  return path.map((key) => `.${JSON.stringify(key)}`).join("");
}

/** Ranges that one index can answer in one scan. */
function byField(ranges: readonly Range[]): Range[][] {
  const groups = new Map<string, Range[]>();
  for (const range of ranges) {
    const key = JSON.stringify([typeof range.value, ...range.path]);
    groups.set(key, [...(groups.get(key) ?? []), range]);
  }
  return [...groups.values()];
}

/** Null or false only where a range is false. What is in lists has no one place in an index, so all of those qualify. */
function indexed(ranges: readonly Range[], metadata: string, given: Given): string {
  const expressions = fieldExpressions(metadata, ranges[0]?.path ?? []);
  const bounds = ranges.map(({ op, value }) => {
    if (typeof value !== "string") return `${expressions.number} ${OPERATORS[op]} ${given(value, "numeric")}`;
    const held = [...value].slice(0, INDEXED_CHARS).join("");
    // The index holds beginnings only: of two texts in order, the beginnings may be the same.
    return `${expressions.text} ${OPERATORS[op].charAt(0)}= ${given(held, "text")}`;
  });
  return `(${joined("and", bounds)} or ${expressions.list})`;
}
