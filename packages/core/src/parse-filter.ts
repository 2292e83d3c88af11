import { DOCUMENT_LIMITS, isRecord, isStorable } from "./document.ts";
import { PolysemeError } from "./errors.ts";
import { FILTER_LIMITS, printFilter, type CompareOp, type Filter, type FilterValue, type RangeOp } from "./filter.ts";

/**
 * Reads a filter in its JSON language: `{field: value}`, `{field: {$gt: 1, $lt: 5}}`, `$and`, `$or`, `$not`. Several fields
 * are an "and", `{}` matches everything. In a field's name `.` goes into an object; `\.`, `\\` and `\$` are those characters.
 * @param field what the filter is called in `details.field`, such as `filter`; the place of the fault is appended
 * @throws PolysemeError `invalid`
 */
export function parseFilter(value: unknown, field: string): Filter {
  const filter = parseGroup(value, { field, depth: 1, count: { conditions: 0 } });
  // Measured on what was understood: that is bounded in depth, whatever was given.
  if (Buffer.byteLength(JSON.stringify(printFilter(filter))) > FILTER_LIMITS.bytes)
    throw invalid(field, `A filter has at most ${FILTER_LIMITS.bytes} bytes of JSON.`);
  return filter;
}

interface Place {
  readonly field: string;
  readonly depth: number;
  /** Of the whole filter, counted as they are met. */
  readonly count: { conditions: number };
}

function parseGroup(value: unknown, place: Place): Filter {
  checkDepth(place);
  if (!isPlainObject(value)) throw invalid(place.field, 'A filter is a JSON object such as {"field": "value"}.');
  const entries = Object.entries(value);
  if (entries.length === 0) count(place);
  const parts = entries.map(
    ([key, inner]) =>
      (at: Place) =>
        parseEntry(key, inner, within(at, `.${key}`)),
  );
  return allOf(parts, place);
}

function parseEntry(key: string, value: unknown, place: Place): Filter {
  if (key === "$and" || key === "$or") {
    if (!Array.isArray(value) || value.length === 0)
      throw invalid(place.field, `${key} takes a list of one filter or more.`);
    // Not map: it leaves out what a list does not have.
    const of = Array.from(value, (one: unknown, i) => parseGroup(one, deeper(within(place, `[${i}]`))));
    return { kind: key === "$and" ? "and" : "or", of };
  }
  if (key === "$not") return { kind: "not", of: parseGroup(value, deeper(place)) };
  if (key.startsWith("$"))
    throw invalid(place.field, `${shown(key)} is not known here; at this place there are $and, $or and $not.`);
  return parseConditions(parsePath(key, place), value, place);
}

function parseConditions(path: readonly string[], value: unknown, place: Place): Filter {
  checkDepth(place);
  if (!isPlainObject(value)) return compare(path, "eq", value, place);
  const entries = Object.entries(value);
  if (entries.length === 0)
    throw invalid(place.field, 'A field takes a value or operators such as {"$gt": 1}, not an empty object.');
  const parts = entries.map(
    ([key, inner]) =>
      (at: Place) =>
        parseOperator(path, key, inner, within(at, `.${key}`)),
  );
  return allOf(parts, place);
}

function parseOperator(path: readonly string[], key: string, value: unknown, place: Place): Filter {
  switch (key) {
    case "$eq":
    case "$ne":
      return compare(path, key === "$eq" ? "eq" : "ne", value, place);
    case "$gt":
    case "$gte":
    case "$lt":
    case "$lte": {
      if (typeof value !== "number" && typeof value !== "string")
        throw invalid(place.field, `${key} takes a number or a string.`);
      return compare(path, key.slice(1) as RangeOp, value, place);
    }
    case "$in":
    case "$nin": {
      if (!Array.isArray(value)) throw invalid(place.field, `${key} takes a list of values.`);
      if (value.length > FILTER_LIMITS.values)
        throw invalid(place.field, `${key} takes at most ${FILTER_LIMITS.values} values, not ${value.length}.`);
      count(place);
      const values = Array.from(value, (one: unknown, i) => checkValue(one, within(place, `[${i}]`)));
      return { kind: key === "$in" ? "in" : "nin", path, values };
    }
    case "$exists":
      if (typeof value !== "boolean") throw invalid(place.field, "$exists takes true or false.");
      count(place);
      return { kind: "exists", path, exists: value };
    case "$not":
      if (!isPlainObject(value)) throw invalid(place.field, '$not of a field takes operators such as {"$gt": 1}.');
      return { kind: "not", of: parseConditions(path, value, deeper(place)) };
    default:
      throw invalid(
        place.field,
        `${shown(key)} is no operator; there are $eq, $ne, $gt, $gte, $lt, $lte, $in, $nin, $exists and $not. A field in a field is written with a point: "a.b".`,
      );
  }
}

/** One part stands by itself; several are an "and", one level further down. */
function allOf(parts: readonly ((place: Place) => Filter)[], place: Place): Filter {
  const [only] = parts;
  if (parts.length === 1 && only !== undefined) return only(place);
  return { kind: "and", of: parts.map((part) => part(deeper(place))) };
}

function compare(path: readonly string[], op: CompareOp, value: unknown, place: Place): Filter {
  count(place);
  return { kind: "compare", path, op, value: checkValue(value, place) };
}

function checkValue(value: unknown, place: Place): FilterValue {
  if (value === null || typeof value === "boolean") return value;
  if (typeof value === "number") {
    if (!Number.isFinite(value)) throw invalid(place.field, "A number must be finite.");
    // JSON has one zero.
    return value === 0 ? 0 : value;
  }
  if (typeof value === "string") return checkString(value, place);
  if (Array.isArray(value)) throw invalid(place.field, "A field is compared with one value; for several there is $in.");
  throw invalid(place.field, "A value is a string, a number, true, false or null.");
}

function checkString(text: string, { field }: Pick<Place, "field">): string {
  if (text.length > FILTER_LIMITS.stringChars)
    throw invalid(
      field,
      `A string of a filter has at most ${FILTER_LIMITS.stringChars} characters, not ${text.length}.`,
    );
  if (!isStorable(text))
    throw invalid(field, "A string of a filter holds no NUL and no half of a surrogate pair: no metadata does.");
  return text;
}

/**
 * The path that a field's name in a filter stands for: `a.b\.c` is the field `b.c` in the field `a`.
 * @param field what the name is called in `details.field`
 * @throws PolysemeError `invalid`
 */
export function parseFieldPath(name: string, field: string): readonly string[] {
  return parsePath(name, { field });
}

function parsePath(name: string, place: Pick<Place, "field">): readonly string[] {
  checkString(name, place);
  const parts = [""];
  for (let i = 0; i < name.length; i += 1) {
    const character = name.charAt(i);
    if (character === ".") {
      parts.push("");
      continue;
    }
    if (character === "\\") i += 1;
    const literal = name.charAt(i);
    if (character === "\\" && !ESCAPED.has(literal))
      throw invalid(place.field, "In a field's name a backslash stands before a point, a dollar sign or a backslash.");
    parts.push((parts.pop() ?? "") + literal);
  }
  if (parts.includes("")) throw invalid(place.field, "A field's name has no empty part.");
  if (parts.length > DOCUMENT_LIMITS.metadataDepth)
    throw invalid(place.field, `Metadata has at most ${DOCUMENT_LIMITS.metadataDepth} levels.`);
  return parts;
}

const ESCAPED: ReadonlySet<string> = new Set([".", "\\", "$"]);

function count(place: Place): void {
  checkDepth(place);
  place.count.conditions += 1;
  if (place.count.conditions > FILTER_LIMITS.conditions)
    throw invalid(place.field, `A filter has at most ${FILTER_LIMITS.conditions} conditions.`);
}

function checkDepth({ depth, field }: Place): void {
  if (depth > FILTER_LIMITS.depth)
    throw invalid(field, `A filter is nested at most ${FILTER_LIMITS.depth} levels deep.`);
}

function within(place: Place, step: string): Place {
  return { ...place, field: place.field + step };
}

function deeper(place: Place): Place {
  return { ...place, depth: place.depth + 1 };
}

/** What JSON makes; a date or a map would have no entries and so be a filter that matches everything. */
function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (!isRecord(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}

/** Names come from outside and may be of any length. */
function shown(key: string): string {
  return JSON.stringify(key.length > SHOWN_CHARS ? `${key.slice(0, SHOWN_CHARS)}…` : key);
}

const SHOWN_CHARS = 40;

function invalid(field: string, message: string): PolysemeError {
  return new PolysemeError("invalid", message, { details: { field } });
}
