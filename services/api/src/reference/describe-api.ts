import type { ApiContent, ApiDocument, ApiOperation } from "./api-document.ts";
import { meaningOf, rowsOf, typeOf, type FieldRow } from "./schema-rows.ts";

/** An API as people read it: routes by subject, fields as lines. */
export interface ApiDescription {
  readonly title: string;
  readonly version: string;
  readonly groups: readonly { readonly name: string; readonly operations: readonly RouteDescription[] }[];
}

export interface RouteDescription {
  /** `POST /v1/collections/{collection}/search`. */
  readonly title: string;
  /** For links: letters, digits and dashes. */
  readonly anchor: string;
  readonly operationId: string | undefined;
  readonly summary: string;
  readonly description: string;
  /** The least that a caller must be: nobody, metrics, read, write, admin. */
  readonly needs: string;
  readonly parameters: readonly (FieldRow & { readonly in: string })[];
  readonly bodies: readonly BodyDescription[];
  readonly answers: readonly (BodyDescription & { readonly status: string })[];
}

export interface BodyDescription {
  /** undefined: no content is described. */
  readonly contentType: string | undefined;
  readonly type: string;
  readonly meaning: string;
  readonly fields: readonly FieldRow[];
}

/** Errors have one shape wherever they come from, and a page of their own. */
const ERROR_STATUS = /^[45]XX$/i;
const NO_NEWS = "Default Response";

/** Groups stand in the order in which their first route does. */
export function describeApi({ info, paths }: ApiDocument): ApiDescription {
  const groups = new Map<string, RouteDescription[]>();
  for (const [path, operations] of Object.entries(paths))
    for (const [method, operation] of Object.entries(operations)) {
      const name = operation.tags?.[0] ?? "other";
      const group = groups.get(name) ?? [];
      group.push(describeRoute(method.toUpperCase(), path, operation));
      groups.set(name, group);
    }
  return {
    title: info.title,
    version: info.version,
    groups: [...groups].map(([name, operations]) => ({ name, operations })),
  };
}

function describeRoute(method: string, path: string, operation: ApiOperation): RouteDescription {
  const { operationId, summary = "", description = "", parameters = [], requestBody, responses } = operation;
  return {
    title: `${method} ${path}`,
    anchor:
      operationId ??
      `${method}${path}`
        .toLowerCase()
        .replaceAll(/[^a-z0-9]+/g, "-")
        .replace(/-$/, ""),
    operationId,
    summary,
    description,
    needs: operation["x-needs"] ?? "admin",
    parameters: parameters.map((one) => ({
      name: one.name,
      in: one.in,
      type: typeOf(one.schema),
      isRequired: one.required === true,
      meaning: meaningOf({
        ...one.schema,
        ...(one.description === undefined ? {} : { description: one.description }),
      }),
    })),
    bodies: bodiesOf(requestBody?.content ?? {}),
    answers: Object.entries(responses)
      .filter(([status]) => !ERROR_STATUS.test(status))
      .flatMap(([status, answer]) => {
        const said = answer.description === NO_NEWS ? "" : (answer.description ?? "");
        const bodies = bodiesOf(answer.content ?? {});
        const described =
          bodies.length === 0 ? [{ contentType: undefined, type: "", meaning: "", fields: [] }] : bodies;
        return described.map((body) => ({ ...body, meaning: body.meaning || said, status }));
      }),
  };
}

function bodiesOf(content: ApiContent): BodyDescription[] {
  return Object.entries(content).map(([contentType, { schema = {} }]) => ({
    contentType,
    type: typeOf(schema),
    meaning: meaningOf(schema),
    fields: rowsOf(schema),
  }));
}
