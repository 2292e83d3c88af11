import type { Schema } from "./openapi.ts";

/** Words that no class body of Python can have as a field, and those that Python's own types take. */
const KEYWORDS = new Set(
  "False None True and as assert async await break class continue def del elif else except finally for from global if import in is lambda nonlocal not or pass raise return try while with yield".split(
    " ",
  ),
);

const INDENT = "    ";

/** Python's types for schemas: expressions, and the TypedDict classes that they name, each before its first use. */
export class PythonTypes {
  readonly #names = new Map<string, string>();
  readonly #taken = new Set<string>();
  readonly classes: string[] = [];

  /** The type's expression. @param name what a class made for it is called, when its shape has none yet */
  of(schema: Schema, name: string): string {
    if (schema.const !== undefined) return `Literal[${literal(schema.const)}]`;
    if (schema.enum !== undefined) return `Literal[${schema.enum.map(literal).join(", ")}]`;
    if (schema.anyOf !== undefined) return this.#union(schema.anyOf, name);
    if (Array.isArray(schema.type))
      return this.#union(
        schema.type.map((type: string) => ({ ...schema, type })),
        name,
      );
    switch (schema.type) {
      case "string":
        return "str";
      case "integer":
        return "int";
      case "number":
        return "float";
      case "boolean":
        return "bool";
      case "null":
        return "None";
      case "array":
        return `list[${this.#items(schema, name)}]`;
      case "object":
        return this.#object(schema, name);
      default:
        return "Any";
    }
  }

  #union(schemas: readonly Schema[], name: string): string {
    const parts = schemas.map((one, index) => this.of(one, index === 0 ? name : `${name}${index + 1}`));
    return [...new Set(parts)].join(" | ");
  }

  #items({ items }: Schema, name: string): string {
    const all = items === undefined ? [] : Array.isArray(items) ? (items as readonly Schema[]) : [items as Schema];
    return all.length === 0 ? "Any" : this.#union(all, singular(name));
  }

  #object(schema: Schema, name: string): string {
    const { properties = {}, additionalProperties } = schema;
    if (Object.keys(properties).length === 0) {
      const values = typeof additionalProperties === "object" ? this.of(additionalProperties, `${name}Value`) : "Any";
      return `dict[str, ${values}]`;
    }
    const shape = JSON.stringify(schema, (key, value: unknown) => (key === "description" ? undefined : value));
    const known = this.#names.get(shape);
    if (known !== undefined) return known;
    const unique = this.#free(name);
    this.#names.set(shape, unique);
    this.classes.push(this.#class(schema, unique));
    return unique;
  }

  #free(name: string): string {
    let unique = name;
    for (let number = 2; this.#taken.has(unique); number += 1) unique = `${name}${number}`;
    this.#taken.add(unique);
    return unique;
  }

  #class({ properties = {}, required = [], description }: Schema, name: string): string {
    const fields = Object.entries(properties).map(([key, schema]) => {
      const type = this.of(schema, name + pascal(key));
      return {
        key,
        type: required.includes(key) ? type : `NotRequired[${type}]`,
        about: schema.description,
      };
    });
    if (fields.every(({ key }) => isFieldName(key))) {
      const lines = fields.flatMap(({ key, type, about }) => [
        `${INDENT}${key}: ${type}`,
        ...(about === undefined ? [] : [`${INDENT}${docstring(about)}`]),
      ]);
      const head = [
        `class ${name}(TypedDict):`,
        ...(description === undefined ? [] : [`${INDENT}${docstring(description)}`, ""]),
      ];
      return [...head, ...lines].join("\n");
    }
    const lines = fields.flatMap(({ key, type, about }) => [
      ...(about === undefined ? [] : [`${INDENT.repeat(2)}# ${about}`]),
      `${INDENT.repeat(2)}${JSON.stringify(key)}: ${type},`,
    ]);
    return [
      `${name} = TypedDict(`,
      `${INDENT}${JSON.stringify(name)},`,
      `${INDENT}{`,
      ...lines,
      `${INDENT}},`,
      ")",
    ].join("\n");
  }
}

export function isFieldName(key: string): boolean {
  return /^[A-Za-z][A-Za-z0-9_]*$/.test(key) && !KEYWORDS.has(key);
}

export function docstring(text: string): string {
  return `"""${text.replaceAll("\\", "\\\\").replaceAll('"', "'")}"""`;
}

export function pascal(text: string): string {
  return text.replace(/(?:^|[^A-Za-z0-9]+)([A-Za-z0-9])/g, (_all, letter: string) => letter.toUpperCase());
}

function singular(name: string): string {
  return name.replace(/(?<!s)s$/, "");
}

function literal(value: string | number | boolean | null): string {
  if (value === null) return "None";
  if (typeof value === "boolean") return value ? "True" : "False";
  return JSON.stringify(value);
}
