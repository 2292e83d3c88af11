import type { Filter, FilterValue, RangeOp } from "@polyseme/core";
import { fieldExpressions, indexedPart } from "./metadata-expressions.ts";

/** Puts a value among a statement's parameters and answers how the text names it, such as `$3::jsonpath`. */
export type Given = (value: unknown, type: string) => string;

/** Appends what is given to a statement's parameters. */
export function givenInto(params: unknown[]): Given {
  return (value, type) => `$${params.push(value)}::${type}`;
}

type Range = Extract<Filter, { kind: "compare" }> & { readonly op: RangeOp };

const OPERATORS = { gt: ">", gte: ">=", lt: "<", lte: "<=" } as const satisfies Record<RangeOp, string>;

/** As many as one JSON path compares in the time of the rest. */
const FEW_VALUES = 16;

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
    case "in": {
      const { path, values } = filter;
      if (values.length > FEW_VALUES) return isOneOfMany(path, values, metadata, given);
      return values.length === 0 ? "false" : `(${holds(comparison(path, "==", values))})`;
    }
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

/**
 * A JSON path of a thousand values compares a thousand times a document; this looks each up in a hash table. What is not in
 * a list is asked first, as it is the quicker.
 */
function isOneOfMany(path: readonly string[], values: readonly FilterValue[], metadata: string, given: Given): string {
  const { number, text, list, value } = fieldExpressions(metadata, path);
  const anyOf = (of: readonly unknown[], type: string): string => `= any (${given(of, `${type}[]`)})`;
  const isAny = anyOf(
    values.map((one) => JSON.stringify(one)),
    "jsonb",
  );
  const elements = `jsonb_path_query(${metadata}, ${given(`$${steps(path)}[*]`, "jsonpath")})`;
  const inList = `(${list}) and exists (select from ${elements} as element (value) where element.value ${isAny})`;
  const exact = `coalesce(${value} ${isAny} or (${inList}), false)`;
  const numbers = values.filter((one) => typeof one === "number");
  const texts = values.filter((one) => typeof one === "string");
  // Truth values and null are in the index over all metadata alone.
  if (numbers.length + texts.length < values.length) return exact;
  const bounds = [
    ...(numbers.length === 0 ? [] : [bounded(number, NUMBERS, [`${number} ${anyOf(numbers, "numeric")}`])]),
    ...(texts.length === 0 ? [] : [bounded(text, TEXTS, [`${text} ${anyOf(texts.map(indexedPart), "text")}`])]),
  ];
  return `(${exact} and (${joined("or", bounds)} or ${list}))`;
}

/** Null or false only where a range is false. What is in lists has no one place in an index, so all of those qualify. */
function indexed(ranges: readonly Range[], metadata: string, given: Given): string {
  const { number, text, list } = fieldExpressions(metadata, ranges[0]?.path ?? []);
  const isText = typeof ranges[0]?.value === "string";
  const conditions = ranges.map(({ op, value }) =>
    typeof value === "string"
      ? // Of two texts in order, the beginnings may be the same.
        `${text} ${OPERATORS[op].charAt(0)}= ${given(indexedPart(value), "text")}`
      : `${number} ${OPERATORS[op]} ${given(value, "numeric")}`,
  );
  return `(${isText ? bounded(text, TEXTS, conditions) : bounded(number, NUMBERS, conditions)} or ${list})`;
}

/** Below and above all that metadata hold. */
const NUMBERS = ["-1e309::numeric", "1e309::numeric"] as const;
const TEXTS = ["''", "repeat(chr(1114111), 257)"] as const;

/**
 * Postgres takes no statistics from an index of some rows only. It guesses that one bound keeps a third, for which it reads
 * the whole table, and two bounds a two hundredth: to go by the index for too many costs little, not to go by it much.
 */
function bounded(expression: string, [least, most]: readonly [string, string], conditions: readonly string[]): string {
  return joined("and", [...conditions, `${expression} >= ${least}`, `${expression} <= ${most}`]);
}
