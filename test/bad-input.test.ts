import { afterAll, beforeAll, expect, inject, test } from "vitest";
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

const GOOD = { id: "good", text: "This one is fine." };

function nested(levels: number): unknown {
  return levels === 0 ? 1 : { inner: nested(levels - 1) };
}

const BAD_DOCUMENTS: { what: string; document: unknown; code: string; field: string }[] = [
  { what: "an empty text", document: { id: "x", text: "" }, code: "unusable_text", field: "text" },
  { what: "only spaces", document: { id: "x", text: " \n\t\u3000 " }, code: "unusable_text", field: "text" },
  { what: "a NUL", document: { id: "x", text: "a\u0000b" }, code: "unusable_text", field: "text" },
  { what: "a lone surrogate", document: { id: "x", text: "a\ud83db" }, code: "unusable_text", field: "text" },
  { what: "10 MB of one word", document: { id: "x", text: "a".repeat(10_000_000) }, code: "too_large", field: "text" },
  { what: "no text", document: { id: "x" }, code: "invalid", field: "text" },
  { what: "a number as text", document: { id: "x", text: 7 }, code: "invalid", field: "text" },
  { what: "no id", document: { text: "A text." }, code: "invalid", field: "id" },
  {
    what: "an id of 10,000 characters",
    document: { id: "i".repeat(10_000), text: "A text." },
    code: "invalid",
    field: "id",
  },
  {
    what: "metadata 40 levels deep",
    document: { id: "x", text: "A text.", metadata: nested(40) },
    code: "invalid",
    field: "metadata",
  },
  {
    what: "metadata that is a list",
    document: { id: "x", text: "A text.", metadata: [] },
    code: "invalid",
    field: "metadata",
  },
  {
    what: "a NUL in metadata",
    document: { id: "x", text: "A text.", metadata: { a: "\u0000" } },
    code: "invalid",
    field: "metadata",
  },
  { what: "no object at all", document: "text", code: "invalid", field: "document" },
];

test.each(BAD_DOCUMENTS)(
  "$what is refused by name and its neighbours are stored",
  async ({ document, code, field }) => {
    const collection = "neighbours";
    await stack.http.call("DELETE", `/v1/collections/${collection}`);
    const pushed = await stack.http.push(collection, [GOOD, document, { id: "after", text: "So is this." }]);
    expect(pushed.accepted).toBe(2);
    expect(pushed.rejected).toHaveLength(1);
    expect(pushed.rejected[0]).toMatchObject({ index: 1, code, field });
    expect(pushed.rejected[0]?.message).toContain(field === "document" ? "object" : field);
    expect(await stack.http.settled(pushed.ticket)).toMatchObject({ total: 2, stored: 2 });
  },
);

test.each(BAD_DOCUMENTS.filter(({ field }) => field !== "document"))(
  "$what pushed alone is the request's own error",
  async ({ document, code, field }) => {
    const { status, body } = await stack.http.call("POST", "/v1/collections/single/documents", document);
    expect(status).toBe({ unusable_text: 422, too_large: 413, invalid: 400 }[code]);
    expect(body).toMatchObject({ error: { code, details: { field } } });
  },
);

test("the same id twice in one push: the first counts, the second is refused, also across batches", async () => {
  const many = Array.from({ length: 700 }, (_, i) => ({ id: `m${i}`, text: `Text number ${i}.` }));
  const documents = [...many, { id: "m3", text: "Another text." }, GOOD, { ...GOOD, text: "Other." }];
  const pushed = await stack.http.push("twice", documents);
  expect(pushed.accepted).toBe(701);
  expect(pushed.rejected.map(({ index, id, code, field }) => ({ index, id, code, field }))).toEqual([
    { index: 700, id: "m3", code: "conflict", field: "id" },
    { index: 702, id: "good", code: "conflict", field: "id" },
  ]);
  expect(await stack.http.settled(pushed.ticket)).toMatchObject({ total: 701, stored: 701 });
  expect((await stack.http.call("GET", "/v1/collections/twice/documents/m3")).body).toMatchObject({
    text: "Text number 3.",
    version: 1,
  });
});

test("a line of a stream that is not JSON, or too long, is refused and the next lines are stored", async () => {
  const lines = [
    JSON.stringify(GOOD),
    "{broken",
    JSON.stringify({ id: "huge", text: "b".repeat(50_000_000) }),
    '{"id":"last","text":"The end."}',
  ];
  const answer = await stack.http.send("/v1/collections/lines/documents", "application/x-ndjson", lines.join("\n"));
  expect(answer.status).toBe(202);
  expect(answer.body).toMatchObject({
    accepted: 2,
    rejected: [
      { index: 1, code: "invalid", field: "line" },
      { index: 2, code: "too_large", field: "text" },
    ],
  });
  expect(await stack.http.settled(String(answer.body["ticket"]))).toMatchObject({ total: 2, stored: 2 });
});

test("a JSON string of 50 MB, and one inside a push, are too large", async () => {
  const bare = await stack.http.send(
    "/v1/collections/big/documents",
    "application/json",
    JSON.stringify("c".repeat(50_000_000)),
  );
  expect(bare).toMatchObject({ status: 413, body: { error: { code: "too_large", details: { field: "body" } } } });
  const inside = await stack.http.push("big", [{ id: "x", text: "c".repeat(50_000_000) }, GOOD]);
  expect(inside).toMatchObject({ accepted: 1, rejected: [{ index: 0, code: "too_large", field: "text" }] });
  const beyond = await stack.http.send(
    "/v1/collections/big/documents",
    "application/json",
    JSON.stringify("c".repeat(70_000_000)),
  );
  expect(beyond).toMatchObject({ status: 413, body: { error: { code: "too_large", details: { field: "body" } } } });
});

test("a body that is no JSON, of another type, or of another shape is refused", async () => {
  const path = "/v1/collections/shape/documents";
  expect(await stack.http.send(path, "application/json", "{not json")).toMatchObject({
    status: 400,
    body: { error: { code: "invalid", details: { field: "body" } } },
  });
  expect(await stack.http.send(path, "text/csv", "a,b")).toMatchObject({
    status: 415,
    body: { error: { code: "unsupported_media_type" } },
  });
  expect(await stack.http.call("POST", path, { documents: 7 })).toMatchObject({
    status: 400,
    body: { error: { details: { field: "documents" } } },
  });
  expect(await stack.http.call("POST", path, [GOOD])).toMatchObject({
    status: 400,
    body: { error: { code: "invalid", details: { field: "body" } } },
  });
});

test("a name that is no collection's, and one that a view has, are refused", async () => {
  for (const name of ["Upper", "1st", "documents", "a".repeat(64), "a%20b"]) {
    const { status, body } = await stack.http.call("POST", `/v1/collections/${name}/documents`, { documents: [GOOD] });
    expect(status).toBe(400);
    expect(body).toMatchObject({ error: { code: "invalid", details: { field: "collection" } } });
  }
});

test("searches with wrong fields name the field", async () => {
  await stack.http.settled((await stack.http.push("fields", [GOOD])).ticket);
  const bad: [Record<string, unknown>, number, string][] = [
    [{ query: "" }, 422, "query"],
    [{ query: "a\u0000" }, 422, "query"],
    [{}, 400, "query"],
    [{ query: "x", vector: [1] }, 400, "query"],
    [{ vector: [1, 2] }, 400, "vector"],
    [{ vector: Array.from({ length: 384 }, () => 0) }, 400, "vector"],
    [{ query: "x", k: 0 }, 400, "k"],
    [{ query: "x", k: 1_001 }, 400, "k"],
    [{ query: "x", k: "5" }, 400, "k"],
    [{ query: "x", kk: 5 }, 400, "kk"],
    [{ query: "x", after: "no-such-ticket" }, 404, "ticket"],
  ];
  for (const [body, status, field] of bad) {
    const answer = await stack.http.call("POST", "/v1/collections/fields/search", body);
    expect({ body, status: answer.status }).toEqual({ body, status });
    expect(answer.body).toMatchObject({ error: { details: { field } } });
  }
  expect((await stack.http.call("POST", "/v1/collections/nobody/search", { query: "x" })).status).toBe(404);
});

test("a model that is not there is refused by name, for collections and for inspect", async () => {
  for (const model of ["no/such-model", "../../etc/passwd", "/etc", "toString", "__proto__", "a\u0000b"]) {
    const put = await stack.http.call("PUT", "/v1/collections/models", { model });
    expect(put).toMatchObject({ status: 400, body: { error: { code: "invalid", details: { field: "model" } } } });
    const inspect = await stack.http.call("POST", "/v1/inspect", { text: "x", model });
    expect(inspect).toMatchObject({ status: 400, body: { error: { details: { field: "model" } } } });
  }
});

test("odd but valid texts are stored", async () => {
  const documents = [
    { id: "emoji", text: "👩‍👩‍👧‍👦 family 😀" },
    { id: "rtl", text: "שלום עולם, مرحبا بالعالم" },
    { id: "combining", text: "e\u0301\u0323 o\u0308" },
    { id: "one-word", text: "x".repeat(1_000_000) },
    { id: "a/b?c#d %20 é", text: "An id with signs in it." },
    { id: "toString", text: "A name that objects have already." },
  ];
  const pushed = await stack.http.push("odd", documents);
  expect(pushed).toMatchObject({ accepted: 6, rejected: [] });
  expect(await stack.http.settled(pushed.ticket)).toMatchObject({ stored: 6, failed: 0 });
  const id = encodeURIComponent("a/b?c#d %20 é");
  expect((await stack.http.call("GET", `/v1/collections/odd/documents/${id}`)).body).toMatchObject({
    text: "An id with signs in it.",
  });
});
