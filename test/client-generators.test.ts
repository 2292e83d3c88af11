import { describe, expect, it } from "vitest";
import type { OpenApi, Schema } from "../infra/clients/openapi.ts";
import { pythonApi } from "../infra/clients/python.ts";
import { PythonTypes } from "../infra/clients/python-types.ts";

const TEXT: Schema = { type: "string" };

describe("Python's types", () => {
  it("have one class for one shape, whatever its descriptions, and its own name for another", () => {
    const types = new PythonTypes();
    const shape = (about: string, key: string): Schema => ({
      type: "object",
      required: [key],
      properties: { [key]: { type: "integer", description: about } },
    });
    expect(types.of(shape("one", "a"), "First")).toBe("First");
    expect(types.of(shape("two", "a"), "Second")).toBe("First");
    expect(types.of(shape("one", "b"), "First")).toBe("First2");
    expect(types.classes).toHaveLength(2);
  });

  it("say unions, literals, nulls, open objects and lists of objects", () => {
    const types = new PythonTypes();
    expect(types.of({ anyOf: [TEXT, { type: "null" }] }, "X")).toBe("str | None");
    expect(types.of({ type: ["number", "null"] }, "X")).toBe("float | None");
    expect(types.of({ enum: ["a", 1, true, null] }, "X")).toBe('Literal["a", 1, True, None]');
    expect(types.of({ type: "object", additionalProperties: TEXT }, "X")).toBe("dict[str, str]");
    expect(types.of({}, "X")).toBe("Any");
    expect(types.of({ type: "array", items: { type: "object", properties: { a: TEXT } } }, "AnswerHits")).toBe(
      "list[AnswerHit]",
    );
  });

  it("write a shape with a field that is a word of Python's as a call", () => {
    const types = new PythonTypes();
    types.of({ type: "object", required: ["from"], properties: { from: TEXT, "x-y": TEXT } }, "Range");
    expect(types.classes[0]).toContain('    {\n        "from": str,\n        "x-y": NotRequired[str],\n    },');
  });
});

describe("Python's methods", () => {
  const document = (body: Schema): OpenApi => ({
    openapi: "3.1.0",
    info: { title: "t", version: "1" },
    paths: {
      "/v1/aliases/{alias}": {
        put: {
          operationId: "putAlias",
          parameters: [{ name: "alias", in: "path", required: true, schema: TEXT }],
          requestBody: { content: { "application/json": { schema: body } } },
          responses: { "200": { description: "", content: { "application/json": { schema: TEXT } } } },
        },
      },
    },
  });
  const withField = (name: string): Schema => ({ type: "object", required: [name], properties: { [name]: TEXT } });

  it("take the fields of a body as keywords, unless one has the name of a path's part", () => {
    expect(pythonApi(document(withField("collection")))).toContain(
      "def put_alias(self, alias: str, **body: Unpack[PutAliasBody]) -> str:",
    );
    expect(pythonApi(document(withField("alias")))).toContain(
      "def put_alias(self, alias: str, body: PutAliasBody) -> str:",
    );
  });
});
