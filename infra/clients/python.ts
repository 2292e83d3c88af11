import { METHODS, type Method, type OpenApi, type Operation, type Schema } from "./openapi.ts";
import { docstring, isFieldName, pascal, PythonTypes } from "./python-types.ts";

const HEAD = `# Made by npm run client:types from the server's /openapi.json. Not to be edited.
"""Every route of the server as a method, every body and answer as a type."""

from __future__ import annotations

from typing import Any, Iterator, Literal, NotRequired, Protocol, TypedDict, Unpack
from urllib.parse import quote

`;

const API = `
class Transport(Protocol):
    """How requests are sent; \`polyseme.Polyseme\` has one."""

    def json(self, method: str, path: str, query: dict[str, Any], body: Any) -> Any: ...

    def text(self, method: str, path: str, query: dict[str, Any], body: Any) -> str: ...

    def events(self, method: str, path: str, query: dict[str, Any], body: Any) -> Iterator[tuple[str, Any]]: ...


class Api:
    """The routes, one method each. All raise \`polyseme.PolysemeError\`."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
`;

const LINE = 110;

/** The Python module with every route and type of the document. */
export function pythonApi(document: OpenApi): string {
  const types = new PythonTypes();
  const methods = operations(document).map(({ path, method, operation }) => {
    const name = operation.operationId ?? derivedName(method, path);
    return methodOf({ path, method, operation, name }, types);
  });
  const classes = types.classes.map((text) => `${text}\n`).join("\n\n");
  return `${HEAD}\n${classes}\n${API}\n${methods.filter((text) => text !== "").join("\n")}`;
}

interface Named {
  readonly path: string;
  readonly method: Method;
  readonly operation: Operation;
  readonly name: string;
}

function operations({ paths }: OpenApi): Omit<Named, "name">[] {
  return Object.entries(paths).flatMap(([path, byMethod]) =>
    METHODS.flatMap((method) => {
      const operation = byMethod[method];
      return operation === undefined ? [] : [{ path, method, operation }];
    }),
  );
}

/** For a route that does not name itself. */
function derivedName(method: Method, path: string): string {
  return method + pascal(path.replace(/[{}]/g, ""));
}

function methodOf({ path, method, operation, name }: Named, types: PythonTypes): string {
  const answer = answerOf(operation, types, `${pascal(name)}Answer`);
  if (answer === undefined) return "";
  const parameters = operation.parameters ?? [];
  const inPath = parameters.filter((one) => one.in === "path").map((one) => one.name);
  const inQuery = parameters.filter((one) => one.in === "query");
  const body = bodyOf(operation, types, { name: `${pascal(name)}Body`, taken: inPath });
  const named = inQuery.map(({ name: key, required }) =>
    required === true ? `${key}: str` : `${key}: str | None = None`,
  );
  const given = [
    "self",
    ...inPath.map((key) => `${key}: str`),
    ...(body?.kind === "value" ? [`body: ${body.type}`] : []),
    ...(named.length > 0 ? ["*", ...named] : []),
    ...(body?.kind === "fields" ? [`**body: Unpack[${body.type}]`] : []),
  ];
  const url = path.replace(/\{(\w+)\}/g, '{quote($1, safe="")}');
  const query = inQuery.map(({ name: key }) => `"${key}": ${key}`).join(", ");
  const call = `self._transport.${answer.kind}("${method.toUpperCase()}", ${inPath.length > 0 ? "f" : ""}'${url}', {${query}}, ${body === undefined ? "None" : "body"})`;
  const about = operation.summary === undefined ? [] : [`        ${docstring(`${operation.summary}.`)}`];
  return [...definition(snake(name), given, answer.type), ...about, `        return ${call}`, ""].join("\n");
}

function definition(name: string, given: readonly string[], answer: string): string[] {
  const line = `    def ${name}(${given.join(", ")}) -> ${answer}:`;
  if (line.length <= LINE) return [line];
  return [`    def ${name}(`, ...given.map((one) => `        ${one},`), `    ) -> ${answer}:`];
}

/** An object's fields become keywords where no name stands in the way. */
function bodyOf(
  { requestBody }: Operation,
  types: PythonTypes,
  { name, taken }: { name: string; taken: readonly string[] },
): { kind: "fields" | "value"; type: string } | undefined {
  const schema = requestBody?.content["application/json"]?.schema;
  if (schema === undefined) return undefined;
  const type = types.of(schema, name);
  const keys = Object.keys(schema.properties ?? {});
  const fields = keys.length > 0 && keys.every((key) => isFieldName(key) && !taken.includes(key) && key !== "self");
  return { kind: fields ? "fields" : "value", type };
}

function answerOf(
  { responses }: Operation,
  types: PythonTypes,
  name: string,
): { kind: "json" | "text" | "events"; type: string } | undefined {
  const content = Object.entries(responses).find(([status]) => status.startsWith("2"))?.[1].content ?? {};
  const json: Schema | undefined = content["application/json"]?.schema;
  if (json !== undefined) return { kind: "json", type: types.of(json, name) };
  if (content["text/event-stream"] !== undefined) return { kind: "events", type: "Iterator[tuple[str, Any]]" };
  return content["text/plain"] === undefined ? undefined : { kind: "text", type: "str" };
}

function snake(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
