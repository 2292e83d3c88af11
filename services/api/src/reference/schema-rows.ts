import type { ApiSchema } from "./api-document.ts";

/** A parameter or a field, as a line of a table. */
export interface FieldRow {
  /** Its place: `chunking.maxTokens`, `hits[].id`. */
  readonly name: string;
  readonly type: string;
  readonly isRequired: boolean;
  /** What it says and what bounds it has; empty when it says nothing. */
  readonly meaning: string;
}

/** Deeper fields are in /openapi.json. */
const MOST_LEVELS = 5;

/** The fields of an object, of the objects of a list, and of what is in them, in the order of the schema. */
export function rowsOf(schema: ApiSchema, prefix = "", level = 0): FieldRow[] {
  if (level === MOST_LEVELS) return [];
  const { items, properties = {}, required = [], anyOf = [] } = schema;
  if (isOneSchema(items)) return rowsOf(items, `${prefix}[]`, level);
  const own = Object.entries(properties).flatMap(([name, field]) => {
    const place = prefix === "" ? name : `${prefix}.${name}`;
    const row = { name: place, type: typeOf(field), isRequired: required.includes(name), meaning: meaningOf(field) };
    return [row, ...rowsOf(field, place, level + 1)];
  });
  return [...own, ...anyOf.flatMap((one) => rowsOf(one, prefix, level))];
}

/** A schema in a word or two: `string`, `integer[]`, `"a" | "b"`, `object`. */
export function typeOf(schema: ApiSchema): string {
  const { type, items, anyOf } = schema;
  if (schema.enum !== undefined) return schema.enum.map((value) => JSON.stringify(value)).join(" | ");
  if ("const" in schema) return JSON.stringify(schema.const);
  if (anyOf !== undefined) return [...new Set(anyOf.map(typeOf))].join(" | ");
  if (type === "array") {
    if (!isOneSchema(items)) return "array";
    const one = typeOf(items);
    return one.includes(" ") ? `(${one})[]` : `${one}[]`;
  }
  const { additionalProperties: others, properties = {} } = schema;
  if (type === "object" && typeof others === "object" && Object.keys(properties).length === 0)
    return `object of ${typeOf(others)}`;
  if (type === undefined) return "any";
  return typeof type === "string" ? type : type.join(" | ");
}

/** The description, then the bounds: `A document's id. 1 to 512 characters.` */
export function meaningOf(schema: ApiSchema): string {
  const bounds = [
    range(schema.minimum, schema.maximum, ""),
    range(schema.minLength, schema.maxLength, " characters"),
    range(schema.minItems, schema.maxItems, " items"),
  ];
  const parts = [schema.description ?? "", ...bounds].filter((part) => part !== "");
  return parts.map((part) => (/[.!?]$/.test(part) ? part : `${part}.`)).join(" ");
}

function range(least: number | undefined, most: number | undefined, unit: string): string {
  if (least === undefined && most === undefined) return "";
  if (most === undefined) return least === 0 ? "" : `At least ${least}${unit}`;
  if (least === undefined) return `At most ${most}${unit}`;
  return least === most ? `Exactly ${most}${unit}` : `${least} to ${most}${unit}`;
}

function isOneSchema(items: ApiSchema["items"]): items is ApiSchema {
  return items !== undefined && !Array.isArray(items);
}
