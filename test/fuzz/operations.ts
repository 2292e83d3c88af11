import { WITH_KEY } from "./key.ts";

/** A JSON schema, as far as the generator reads it; what it does not know gives any value. */
export interface JsonSchema {
  readonly type?: string | readonly string[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly items?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly pattern?: string;
}

export interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly schema?: JsonSchema;
}

/** One method of one path, as /openapi.json says it. */
export interface Operation {
  readonly method: string;
  /** Parameters in braces. */
  readonly path: string;
  readonly parameters: readonly Parameter[];
  /** By content type. */
  readonly bodies: ReadonlyMap<string, JsonSchema>;
  /** JSON answers by status or range (`200`, `4XX`); undefined: said, without a JSON schema. */
  readonly answers: ReadonlyMap<string, JsonSchema | undefined>;
}

interface OpenApi {
  readonly paths: Readonly<Record<string, Readonly<Record<string, OpenApiOperation>>>>;
}
interface OpenApiOperation {
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema?: JsonSchema }>> };
  readonly responses?: Readonly<
    Record<string, { readonly content?: Readonly<Record<string, { schema?: JsonSchema }>> }>
  >;
}

/** Paths that the description leaves out, so that they are asked for as well. */
const UNDESCRIBED = ["/openapi.json", "/", "/docs", "/v1/failures", "/v1", "/v1/nothing", "/metrics/", "//", "*"];

/** What a running service says that it answers, and some paths that it does not speak of. */
export async function readOperations(url: string): Promise<Operation[]> {
  const document = (await (await fetch(`${url}/openapi.json`, { headers: [[...WITH_KEY]] })).json()) as OpenApi;
  const described = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => toOperation(method, path, operation)),
  );
  if (described.length === 0) throw new Error(`${url}/openapi.json describes nothing`);
  const known = new Set(described.map(({ path }) => path));
  const others = UNDESCRIBED.filter((path) => !known.has(path)).map((path) => toOperation("get", path, {}));
  return [...described, ...others];
}

function toOperation(method: string, path: string, operation: OpenApiOperation): Operation {
  const json = ([status, { content }]: [string, { content?: Readonly<Record<string, { schema?: JsonSchema }>> }]) =>
    [status.toUpperCase(), content?.["application/json"]?.schema] as const;
  return {
    method: method.toUpperCase(),
    path,
    parameters: operation.parameters ?? [],
    bodies: new Map(
      Object.entries(operation.requestBody?.content ?? {}).map(([type, { schema }]) => [type, schema ?? {}]),
    ),
    // Without schemas of its own an operation gets "default" from the generator of the description.
    answers: new Map(
      Object.entries(operation.responses ?? {})
        .filter(([status]) => status !== "default")
        .map(json),
    ),
  };
}
