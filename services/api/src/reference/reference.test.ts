import { describe, expect, test } from "vitest";
import type { ApiDocument } from "./api-document.ts";
import { describeApi } from "./describe-api.ts";
import { renderReference } from "./reference-page.ts";
import { meaningOf, rowsOf, typeOf } from "./schema-rows.ts";

const DOCUMENT: ApiDocument = {
  info: { title: "tides", version: "1.2.3" },
  paths: {
    "/v1/tides/{place}": {
      get: {
        operationId: "getTides",
        summary: "High <and> low",
        tags: ["sea"],
        "x-needs": "read",
        parameters: [{ name: "place", in: "path", required: true, schema: { type: "string", maxLength: 9 } }],
        responses: {
          "200": {
            description: "Default Response",
            content: { "application/json": { schema: { type: "object", properties: { high: { type: "number" } } } } },
          },
          "4XX": { description: "An error" },
        },
      },
    },
    "/alive": { get: { responses: { "200": { description: "It is" } }, "x-needs": "nobody" } },
  },
};

describe("the fields of a schema", () => {
  test("are lines with their places, also in lists and in choices", () => {
    const rows = rowsOf({
      type: "object",
      required: ["hits"],
      properties: {
        hits: {
          type: "array",
          items: {
            type: "object",
            properties: { id: { type: "string", description: "Which", minLength: 1, maxLength: 512 } },
          },
        },
        vectors: {
          anyOf: [{ type: "null" }, { type: "object", properties: { dims: { type: "integer", minimum: 1 } } }],
        },
      },
    });
    expect(rows).toEqual([
      { name: "hits", type: "object[]", isRequired: true, meaning: "" },
      { name: "hits[].id", type: "string", isRequired: false, meaning: "Which. 1 to 512 characters." },
      { name: "vectors", type: "null | object", isRequired: false, meaning: "" },
      { name: "vectors.dims", type: "integer", isRequired: false, meaning: "At least 1." },
    ]);
  });

  test("end where a schema is deeper than anybody reads", () => {
    const deep = (levels: number): object =>
      levels === 0 ? { type: "string" } : { type: "object", properties: { a: deep(levels - 1) } };
    expect(rowsOf(deep(20)).map(({ name }) => name)).toEqual(["a", "a.a", "a.a.a", "a.a.a.a", "a.a.a.a.a"]);
  });

  test("have types in a word or two", () => {
    expect(typeOf({ enum: ["a", 1, null] })).toBe('"a" | 1 | null');
    expect(typeOf({ const: false })).toBe("false");
    expect(typeOf({ type: "array", items: { anyOf: [{ type: "string" }, { type: "number" }] } })).toBe(
      "(string | number)[]",
    );
    expect(typeOf({ type: "object", additionalProperties: { type: "string" } })).toBe("object of string");
    expect(typeOf({ type: ["number", "null"] })).toBe("number | null");
    expect(typeOf({})).toBe("any");
    expect(meaningOf({ minItems: 2, maxItems: 2 })).toBe("Exactly 2 items.");
  });
});

describe("the description", () => {
  test("has routes by subject, without the errors that all of them have", () => {
    const { groups } = describeApi(DOCUMENT);
    expect(groups.map(({ name, operations }) => [name, operations.map(({ anchor }) => anchor)])).toEqual([
      ["sea", ["getTides"]],
      ["other", ["get-alive"]],
    ]);
    const [tides, alive] = groups.flatMap(({ operations }) => operations);
    expect(tides).toMatchObject({ needs: "read", parameters: [{ name: "place", meaning: "At most 9 characters." }] });
    expect(tides?.answers.map(({ status, meaning }) => [status, meaning])).toEqual([["200", ""]]);
    expect(alive?.answers).toEqual([{ status: "200", contentType: undefined, type: "", meaning: "It is", fields: [] }]);
  });

  test("is a page in which a description cannot become markup", () => {
    const html = renderReference(describeApi(DOCUMENT));
    expect(html).toContain("High &lt;and&gt; low");
    expect(html).not.toMatch(/<script|style=|<and>/);
    expect(html).toContain('<a href="#getTides">GET /v1/tides/{place}</a>');
  });
});
