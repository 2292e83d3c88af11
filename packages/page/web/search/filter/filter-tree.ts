import type { Filter } from "@polyseme/client";

export const OPERATORS = ["$eq", "$ne", "$gt", "$gte", "$lt", "$lte", "$in", "$nin", "$exists", "missing"] as const;
export type Operator = (typeof OPERATORS)[number];

export interface Condition {
  readonly kind: "condition";
  readonly not: boolean;
  readonly field: string;
  readonly operator: Operator;
  /** As it is typed: see `valueOf`. */
  readonly value: string;
}

export interface Group {
  readonly kind: "group";
  readonly not: boolean;
  readonly join: "$and" | "$or";
  readonly parts: readonly FilterNode[];
}

/** A filter as people build it. */
export type FilterNode = Condition | Group;

export const NO_FILTER: Group = { kind: "group", not: false, join: "$and", parts: [] };
export const NEW_CONDITION: Condition = { kind: "condition", not: false, field: "", operator: "$eq", value: "" };

/** The filter in the server's language; undefined: nothing is filtered. Conditions without a field are not there yet. */
export function filterOf(node: FilterNode): Filter | undefined {
  const filter = node.kind === "condition" ? conditionFilter(node) : groupFilter(node);
  return filter === undefined || !node.not ? filter : { $not: filter };
}

function groupFilter({ join, parts }: Group): Filter | undefined {
  const filters: readonly Filter[] = parts.map(filterOf).filter((filter) => filter !== undefined);
  return filters.length < 2 ? filters[0] : { [join]: filters };
}

function conditionFilter({ field, operator, value }: Condition): Filter | undefined {
  if (field.trim() === "") return undefined;
  const name = field.trim();
  switch (operator) {
    case "$exists":
      return { [name]: { $exists: true } };
    case "missing":
      return { [name]: { $exists: false } };
    case "$in":
    case "$nin":
      return { [name]: { [operator]: listOf(value).map(valueOf) } };
    case "$eq":
    case "$ne":
    case "$gt":
    case "$gte":
    case "$lt":
    case "$lte":
      return { [name]: { [operator]: valueOf(value) } };
    default:
      throw new Error(`Unknown operator ${String(operator satisfies never)}`);
  }
}

type Value = string | number | boolean | null;

/** Numbers, true, false and null are what they look like; all else is text, and so is what stands in quotes: "5". */
export function valueOf(text: string): Value {
  const typed = text.trim();
  try {
    const value: unknown = JSON.parse(typed);
    if (value === null || typeof value !== "object") return value as Value;
  } catch {
    // Text that needs no quotes.
  }
  return typed;
}

/** Cut at commas outside of quotes. */
function listOf(text: string): string[] {
  return (text.match(/\s*"(?:[^"\\]|\\.)*"\s*|[^,]+/g) ?? []).map((part) => part.trim()).filter((part) => part !== "");
}

/** A filter of the address as a tree. @throws Error when it is none that can be built here */
export function treeOf(filter: unknown): Group {
  const node = nodeOf(filter);
  return node.kind === "group" && !node.not ? node : { ...NO_FILTER, parts: [node] };
}

function nodeOf(filter: unknown): FilterNode {
  if (!isRecord(filter)) throw new Error("A filter is an object.");
  const parts = Object.entries(filter).flatMap(([key, value]): FilterNode[] => {
    if (key === "$and" || key === "$or") {
      if (!Array.isArray(value)) throw new Error(`${key} is a list.`);
      return [{ kind: "group", not: false, join: key, parts: value.map(nodeOf) }];
    }
    if (key === "$not") return [negated(nodeOf(value))];
    return conditionsOf(key, value);
  });
  const [only] = parts;
  return parts.length === 1 && only !== undefined ? only : { ...NO_FILTER, parts };
}

function negated(node: FilterNode): FilterNode {
  return node.not ? { ...NO_FILTER, not: true, parts: [node] } : { ...node, not: true };
}

function conditionsOf(field: string, asked: unknown): Condition[] {
  const condition = (operator: Operator, value: string): Condition => ({ ...NEW_CONDITION, field, operator, value });
  if (!isRecord(asked)) return [condition("$eq", textOf(asked))];
  return Object.entries(asked).flatMap(([key, value]): Condition[] => {
    if (key === "$not") return conditionsOf(field, value).map((one) => ({ ...one, not: !one.not }));
    if (key === "$exists") return [condition(value === true ? "$exists" : "missing", "")];
    const operator = OPERATORS.find((known) => known === key);
    if (operator === undefined) throw new Error(`${key} is no operator.`);
    return [condition(operator, Array.isArray(value) ? value.map(textOf).join(", ") : textOf(value))];
  });
}

/** As it would have to be typed to mean this value. */
function textOf(value: unknown): string {
  if (typeof value !== "string") return JSON.stringify(value);
  return valueOf(value) === value && !value.includes(",") ? value : JSON.stringify(value);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
