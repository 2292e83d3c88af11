/** What the generators read of an OpenAPI 3.1 document. */
export interface OpenApi {
  readonly openapi: string;
  readonly info: { readonly title: string; readonly version: string };
  readonly paths: Readonly<Record<string, Readonly<Partial<Record<Method, Operation>>>>>;
}

export const METHODS = ["get", "put", "post", "delete"] as const;
export type Method = (typeof METHODS)[number];

export interface Operation {
  readonly operationId?: string;
  readonly summary?: string;
  readonly description?: string;
  readonly tags?: readonly string[];
  /** The least role that may call it. */
  readonly "x-needs"?: string;
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly content: Content };
  readonly responses: Readonly<Record<string, { readonly description: string; readonly content?: Content }>>;
}

export interface Parameter {
  readonly name: string;
  readonly in: "path" | "query" | "header" | "cookie";
  readonly required?: boolean;
  readonly schema: Schema;
  readonly description?: string;
}

export type Content = Readonly<Record<string, { readonly schema: Schema }>>;

/** JSON Schema as the server's schemas use it. */
export interface Schema {
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly enum?: readonly (string | number | boolean | null)[];
  readonly const?: string | number | boolean;
  readonly anyOf?: readonly Schema[];
  readonly items?: Schema | readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | Schema;
}

/** Errors have one shape everywhere, so clients know it once; the document without them is a third of its size. */
export function withoutErrors(document: OpenApi): OpenApi {
  const paths = Object.entries(document.paths).map(([path, operations]) => [
    path,
    Object.fromEntries(Object.entries(operations).map(([method, operation]) => [method, slim(operation)])),
  ]);
  return { ...document, paths: Object.fromEntries(paths) as OpenApi["paths"] };
}

function slim(operation: Operation): Operation {
  const kept = Object.entries(operation.responses).filter(([status]) => !/^[45]XX$/.test(status));
  return { ...operation, responses: Object.fromEntries(kept) };
}
