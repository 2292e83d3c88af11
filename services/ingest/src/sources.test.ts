import { PolysemeError } from "@polyseme/core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { documentsInBody, documentsInStream, MAX_LINE_BYTES, type PushItem } from "./sources.ts";

async function* stream(...chunks: (string | Uint8Array)[]): AsyncGenerator<Uint8Array> {
  for (const chunk of chunks) yield await Promise.resolve(typeof chunk === "string" ? Buffer.from(chunk) : chunk);
}

async function itemsIn(...chunks: (string | Uint8Array)[]): Promise<PushItem[]> {
  const items: PushItem[] = [];
  for await (const item of documentsInStream(stream(...chunks))) items.push(item);
  return items;
}

const value = (inner: unknown): PushItem => ({ kind: "value", value: inner });

function refusal(body: unknown, bytes = 10): unknown {
  try {
    return documentsInBody(body, bytes);
  } catch (error) {
    return error;
  }
}

describe("a JSON body", () => {
  test("is one document when it names no documents", () => {
    expect(documentsInBody({ id: "a" }, 10)).toEqual({ items: [value({ id: "a" })], single: true });
    expect(documentsInBody({}, 2)).toEqual({ items: [value({})], single: true });
  });

  test("is a list of documents, which may be empty and hold anything", () => {
    expect(documentsInBody({ documents: [{ id: "a" }, 7, null] }, 10)).toEqual({
      items: [value({ id: "a" }), value(7), value(null)],
      single: false,
    });
    expect(documentsInBody({ documents: [] }, 10)).toEqual({ items: [], single: false });
  });

  test("whose documents are no list is invalid in that field", () => {
    for (const documents of [null, {}, "a", 1]) {
      const error = refusal({ documents });
      expect(error).toBeInstanceOf(PolysemeError);
      expect(error).toMatchObject({ code: "invalid", details: { field: "documents" } });
    }
  });

  test("that is neither is invalid, or too_large when it is that too", () => {
    for (const body of [undefined, null, [], [{ id: "a" }], "a", 1]) {
      expect(refusal(body)).toMatchObject({ code: "invalid", details: { field: "body" } });
      expect(refusal(body, 8 * 1024 * 1024)).toMatchObject({ code: "invalid" });
      expect(refusal(body, 8 * 1024 * 1024 + 1)).toMatchObject({ code: "too_large", details: { field: "body" } });
    }
  });
});

describe("a stream of documents", () => {
  test("gives what JSON.parse gives for every line", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.jsonValue()), async (values) => {
        const text = values.map((one) => `${JSON.stringify(one)}\n`).join("");
        expect(await itemsIn(text)).toEqual(values.map((one) => value(JSON.parse(JSON.stringify(one)))));
      }),
    );
  });

  test("has one unreadable item for each line that is not JSON, and goes on", async () => {
    const items = await itemsIn('{"id":"a"}\n{"id":\n\n{"id":"b"}\n{"id":"c"} {"id":"d"}\n[1,]');
    expect(items.map(({ kind }) => kind)).toEqual(["value", "unreadable", "value", "unreadable", "unreadable"]);
    expect(items[1]).toMatchObject({
      code: "invalid",
      field: "line",
      message: expect.stringMatching(/^The line is not JSON: ./) as string,
    });
    expect(items[2]).toEqual(value({ id: "b" }));
  });

  test("has one too_large item for a line above the bound, and goes on", async () => {
    const mebibyte = Buffer.alloc(1024 * 1024, "x");
    const tooLong = Array<Uint8Array>(MAX_LINE_BYTES / mebibyte.length).fill(mebibyte);
    const items = await itemsIn("1\n", ...tooLong, "x\n2\n");
    expect(items).toEqual([
      value(1),
      {
        kind: "unreadable",
        code: "too_large",
        field: "text",
        message: expect.stringContaining(`The line has ${MAX_LINE_BYTES + 1} bytes`) as string,
      },
      value(2),
    ]);
  });

  test("of nothing has no items", async () => {
    expect(await itemsIn()).toEqual([]);
    expect(await itemsIn("\n\n")).toEqual([]);
  });
});
