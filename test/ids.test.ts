import { request } from "node:http";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { startEmbeddedStack, startServerStack, type TestStack } from "./support/stack.ts";

const databaseUrl = inject("databaseUrl");
const redisUrl = inject("redisUrl");

let stack: TestStack;
beforeAll(async () => {
  stack =
    databaseUrl === null || redisUrl === null
      ? await startEmbeddedStack()
      : await startServerStack(databaseUrl, redisUrl);
});
afterAll(() => stack.stop());

const documentPath = (id: string): string => `/v1/collections/ids/documents/${encodeURIComponent(id)}`;

/** Not fetch: that one takes `.` and `..` for directions, also as %2e. */
async function ask(method: string, path: string): Promise<{ status: number; body: Record<string, unknown> }> {
  const { hostname, port } = new URL(stack.http.url);
  return new Promise((resolve, reject) => {
    const asking = request({ hostname, port, method, path }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (part: string) => {
        text += part;
      });
      response.on("end", () => {
        resolve({ status: response.statusCode ?? 0, body: JSON.parse(text) as Record<string, unknown> });
      });
    });
    asking.on("error", reject).end();
  });
}

const AWKWARD = [
  ".",
  "..",
  "/",
  "//",
  "a/b/../c",
  "%",
  "%%",
  "%2F",
  "%252F",
  "%00",
  "?",
  "?a=b&c",
  "#",
  ";",
  ":id",
  "*",
  " ",
  "+",
  "a b",
  "\\",
  '"',
  "'",
  "\n",
  "\u0001",
  "\u007f",
  "\u0085",
  "\uFEFF",
  "\ufffd",
  "\uffff",
  "delete",
  "documents",
  "__proto__",
  "constructor",
  "é",
  "e\u0301",
  "👩‍👩‍👧‍👦",
  "שלום",
  "日".repeat(512),
  "😀".repeat(256),
  "%".repeat(512),
  "x".repeat(512),
];

const anyId = fc.oneof(
  fc.string({ unit: "binary", minLength: 1, maxLength: 40 }),
  fc.string({ unit: "grapheme", minLength: 1, maxLength: 40 }),
  fc
    .array(fc.constantFrom("/", "%", "?", "#", ".", "&", "=", "%2e", "%41", "a", "é"), { minLength: 1, maxLength: 12 })
    .map((parts) => parts.join("")),
);
const storable = anyId.filter((id) => id.length <= 512 && id.isWellFormed() && !id.includes("\u0000"));

describe("an id of any text", () => {
  test("survives push, URL, get and delete", async () => {
    const asked = async (ids: readonly string[]): Promise<void> => {
      const documents = ids.map((id, index) => ({ id, text: `Document ${index}.` }));
      const pushed = await stack.http.push("ids", documents);
      expect(pushed).toMatchObject({ rejected: [] });
      for (const [index, id] of ids.entries()) {
        const got = await ask("GET", documentPath(id));
        expect({ id, status: got.status }).toEqual({ id, status: 200 });
        expect(got.body).toMatchObject({ id, text: `Document ${index}.` });
      }
      for (const id of ids) {
        expect({ id, ...(await ask("DELETE", documentPath(id))) }).toEqual({ id, status: 200, body: { deleted: 1 } });
        expect((await ask("GET", documentPath(id))).status).toBe(404);
      }
    };
    await asked(AWKWARD);
    await fc.assert(fc.asyncProperty(fc.uniqueArray(storable, { minLength: 1, maxLength: 20 }), asked), {
      numRuns: 12,
    });
  });

  test("is refused when it holds a NUL or half of a surrogate pair, is empty, or has 513 characters", async () => {
    const nul = fc.tuple(fc.string(), fc.string()).map((parts) => parts.join("\u0000"));
    const half = fc
      .tuple(fc.string(), fc.integer({ min: 0xd800, max: 0xdfff }), fc.string())
      .map(([before, unit, after]) => `${before} ${String.fromCharCode(unit)} ${after}`);
    const tooLong = fc.constantFrom("", "x".repeat(513));
    await fc.assert(
      fc.asyncProperty(fc.array(fc.oneof(nul, half, tooLong), { minLength: 1, maxLength: 10 }), async (ids) => {
        const pushed = await stack.http.push(
          "refused",
          ids.map((id) => ({ id, text: "A text." })),
        );
        expect(pushed.accepted).toBe(0);
        expect(pushed.rejected.map(({ code, field }) => ({ code, field }))).toEqual(
          ids.map(() => ({ code: "invalid", field: "id" })),
        );
      }),
      { numRuns: 10 },
    );
  });
});

describe("what the database cannot hold is not there, wherever it is asked for", () => {
  test("a NUL in an address", async () => {
    await stack.http.push("ids", [{ id: "here", text: "A text." }]);
    for (const path of [
      "/v1/collections/%00",
      "/v1/collections/ids/documents/a%00",
      "/v1/tickets/%00",
      "/v1/tickets/%00/events",
    ])
      expect({ path, status: (await ask("GET", path)).status }).toEqual({ path, status: 404 });
    for (const path of ["/v1/collections/%00", "/v1/collections/ids/documents/%00"])
      expect({ path, status: (await ask("DELETE", path)).status }).toEqual({ path, status: 404 });
    for (const body of [
      { query: "x", after: "\u0000" },
      { query: "x", after: "\ud800" },
    ])
      expect((await stack.http.call("POST", "/v1/collections/ids/search", body)).status).toBe(404);
  });

  test("half of a surrogate pair deletes nothing, least of all the document named U+FFFD that it turns into", async () => {
    await stack.http.push("ids", [{ id: "\ufffd", text: "A text." }]);
    const answer = await stack.http.call("POST", "/v1/collections/ids/documents/delete", {
      ids: ["\ud800", "\u0000", "\udfff"],
    });
    expect(answer).toMatchObject({ status: 200, body: { deleted: 0 } });
    expect((await ask("GET", documentPath("\ufffd"))).status).toBe(200);
  });
});

test("a vector of tiny, huge or mixed numbers is searched for by its direction", async () => {
  await stack.http.settled((await stack.http.push("tiny", [{ id: "a", text: "A text." }])).ticket);
  for (const size of [1e-44, 1e-30, 1, 1e30, 3e38]) {
    const vector = Array.from({ length: 384 }, (_, i) => (i % 2 === 0 ? size : -size));
    const [hit] = await stack.http.search("tiny", { vector });
    expect({ size, id: hit?.id, isNumber: Number.isFinite(hit?.score) }).toEqual({ size, id: "a", isNumber: true });
  }
});

test("a number that is no number any more once it is read is refused in metadata, by JSON and by stream", async () => {
  const line = '{"id":"inf","text":"A text.","metadata":{"a":[1e400]}}';
  const path = "/v1/collections/infinite/documents";
  expect(await stack.http.send(path, "application/json", line)).toMatchObject({
    status: 400,
    body: { error: { code: "invalid", details: { field: "metadata" } } },
  });
  expect(await stack.http.send(path, "application/x-ndjson", line)).toMatchObject({
    status: 202,
    body: { accepted: 0, rejected: [{ code: "invalid", field: "metadata" }] },
  });
});
