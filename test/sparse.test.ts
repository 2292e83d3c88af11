import { cp, mkdtemp, rm, truncate } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { expectStatus, waitUntil, type Answer } from "./support/http.ts";
import {
  goldenSparse,
  SPARSE_DIMENSIONS,
  SPARSE_MODEL,
  SPARSE_MODELS,
  type GoldenSparse,
} from "./support/sparse-model.ts";
import { startEmbeddedStack, startServerStack, type TestStack } from "./support/stack.ts";

const databaseUrl = inject("databaseUrl");
const redisUrl = inject("redisUrl");
const SPARSE = { model: SPARSE_MODEL };
/** Each is one chunk. */
const TEXTS = goldenSparse().filter(({ text }) => text.trim() !== "" && text.length < 100);
const [FIRST, QUERY] = TEXTS as [GoldenSparse, GoldenSparse];

function product(one: GoldenSparse, other: GoldenSparse): number {
  const weights = new Map(other.indices.map((index, at) => [index, other.values[at] ?? 0]));
  return one.indices.reduce((sum, index, at) => sum + (one.values[at] ?? 0) * (weights.get(index) ?? 0), 0);
}

/** Ids and scores of the documents that share a token with the query, as the golden weights say. */
function expectedOf(texts: readonly GoldenSparse[]): { id: string; score: number }[] {
  return texts
    .map((golden) => ({ id: idOf(golden), score: product(QUERY, golden) }))
    .filter(({ score }) => score > 0)
    .sort((a, b) => b.score - a.score);
}

const idOf = (golden: GoldenSparse): string => `d${TEXTS.indexOf(golden)}`;
const documents = (): { id: string; text: string; metadata: object }[] =>
  TEXTS.map((golden, n) => ({ id: idOf(golden), text: golden.text, metadata: { even: n % 2 === 0 } }));

async function expectFound(stack: TestStack, name: string, texts: readonly GoldenSparse[], more = {}): Promise<void> {
  const hits = await stack.http.search(name, { query: QUERY.text, mode: "sparse", k: 50, ...more });
  const expected = expectedOf(texts);
  expect(expected.length).toBeGreaterThan(2);
  expect(hits.map(({ id }) => id)).toEqual(expected.map(({ id }) => id));
  hits.forEach(({ score }, at) => expect(score).toBeCloseTo(expected[at]?.score ?? NaN, 3));
}

const migrated = async (stack: TestStack, name: string, settings: object): Promise<void> => {
  expectStatus(await stack.http.call("POST", `/v1/collections/${name}/migrate`, settings), 202);
  await waitUntil("the new generation has caught up", async () => {
    const { body } = await stack.http.call("GET", `/v1/collections/${name}/migration`);
    return body["state"] === "ready";
  });
  expectStatus(await stack.http.call("POST", `/v1/collections/${name}/migration/cutover`, {}), 200);
};

test("the embedded stack finds by a sparse model's weights too", async () => {
  const stack = await startEmbeddedStack({ POLYSEME_MODELS_DIR: SPARSE_MODELS });
  try {
    expectStatus(await stack.http.call("PUT", "/v1/collections/notes", { sparse: SPARSE }), 201);
    const { ticket } = await stack.http.push("notes", documents());
    expect(await stack.http.settled(ticket)).toMatchObject({ stored: TEXTS.length, failed: 0 });
    await expectFound(stack, "notes", TEXTS);
  } finally {
    await stack.stop();
  }
});

describe.skipIf(databaseUrl === null || redisUrl === null)("a collection with a sparse model", () => {
  let modelsDir: string;
  let stack: TestStack;
  const put = (name: string, settings: object): Promise<Answer> =>
    stack.http.call("PUT", `/v1/collections/${name}`, settings);

  beforeAll(async () => {
    modelsDir = await mkdtemp(join(tmpdir(), "polyseme-sparse-"));
    await cp(SPARSE_MODELS, modelsDir, { recursive: true });
    await cp(join(SPARSE_MODELS, SPARSE_MODEL), join(modelsDir, "breaks"), { recursive: true });
    stack = await startServerStack(databaseUrl ?? "", redisUrl ?? "", { POLYSEME_MODELS_DIR: modelsDir });
    expectStatus(await put("notes", { sparse: SPARSE }), 201);
    const { ticket } = await stack.http.push("notes", documents());
    expect(await stack.http.settled(ticket)).toMatchObject({ stored: TEXTS.length, failed: 0 });
  });
  afterAll(async () => {
    await stack.stop();
    await rm(modelsDir, { recursive: true, force: true });
  });

  test("shows it, and takes no other in place", async () => {
    const sparse = { model: SPARSE_MODEL, dimensions: SPARSE_DIMENSIONS };
    expect((await stack.http.call("GET", "/v1/collections/notes")).body).toMatchObject({ sparse });
    expect(await put("notes", { sparse: SPARSE })).toMatchObject({ status: 200, body: { sparse } });
    for (const other of [null, { model: "breaks" }])
      expect(await put("notes", { sparse: other })).toMatchObject({
        status: 409,
        body: {
          error: { message: expect.stringContaining("/migrate") as string, details: { field: "sparse" } },
        },
      });
  });

  test("finds in the order that sentence-transformers' weights give, under a filter as well", async () => {
    await expectFound(stack, "notes", TEXTS);
    await expectFound(
      stack,
      "notes",
      TEXTS.filter((_, n) => n % 2 === 0),
      { filter: { even: true } },
    );
    const [best] = expectedOf(TEXTS);
    const few = await stack.http.search("notes", {
      query: QUERY.text,
      mode: "sparse",
      minScore: (best?.score ?? 0) - 0.001,
    });
    expect(few.map(({ id }) => id)).toEqual([best?.id]);
    // What the embeddings say is as it was.
    expect(await stack.http.search("notes", { query: QUERY.text, k: 1 })).toMatchObject([{ id: idOf(QUERY) }]);
  });

  test("pages through what it finds, each hit once", async () => {
    const seen: string[] = [];
    let page: string | undefined;
    do {
      const body = { query: QUERY.text, mode: "sparse", k: 2, ...(page === undefined ? {} : { page }) };
      const answer = expectStatus(await stack.http.call("POST", "/v1/collections/notes/search", body), 200);
      const { hits, next } = answer as { hits: { id: string }[]; next?: string };
      seen.push(...hits.map(({ id }) => id));
      page = next;
    } while (page !== undefined);
    expect(seen).toEqual(expectedOf(TEXTS).map(({ id }) => id));
  });

  test("finds a document no more once it is deleted, or once it says something else", async () => {
    expectStatus(await put("changing", { sparse: SPARSE }), 201);
    const { ticket } = await stack.http.push("changing", documents());
    await stack.http.settled(ticket);
    expectStatus(await stack.http.call("DELETE", `/v1/collections/changing/documents/${idOf(QUERY)}`), 200);
    const left = TEXTS.filter((golden) => golden !== QUERY);
    await expectFound(stack, "changing", left);
    const { id, metadata } = { id: idOf(FIRST), metadata: {} };
    const again = await stack.http.push("changing", [{ id, text: QUERY.text, metadata }]);
    await stack.http.settled(again.ticket);
    const hits = await stack.http.search("changing", { query: QUERY.text, mode: "sparse", k: 1 });
    expect(hits).toMatchObject([{ id }]);
    expect(hits[0]?.score).toBeCloseTo(product(QUERY, QUERY), 3);
  });

  test("gets it and loses it by a migration", async () => {
    expectStatus(await put("moving", {}), 201);
    const { ticket } = await stack.http.push("moving", documents());
    await stack.http.settled(ticket);
    const search = { query: QUERY.text, mode: "sparse" };
    const refused = {
      status: 409,
      body: { error: { code: "conflict", details: { field: "mode" } } },
    };
    const ask = (): Promise<Answer> => stack.http.call("POST", "/v1/collections/moving/search", search);
    expect(await ask()).toMatchObject(refused);
    await migrated(stack, "moving", { sparse: SPARSE });
    await expectFound(stack, "moving", TEXTS);
    // Another setting leaves it.
    await migrated(stack, "moving", { chunking: { maxTokens: 128 } });
    await expectFound(stack, "moving", TEXTS);
    await migrated(stack, "moving", { sparse: null });
    expect(await ask()).toMatchObject(refused);
    expect((await stack.http.call("GET", "/v1/collections/moving")).body).toMatchObject({ sparse: null });
  });

  test("is refused with a model of the other kind, or none of that name", async () => {
    for (const settings of [
      { model: SPARSE_MODEL },
      { sparse: { model: "all-MiniLM-L6-v2" } },
      { sparse: { model: "not/here" } },
      { sparse: { model: "../breaks" } },
      { model: "none", dimensions: 4, sparse: SPARSE },
    ])
      expect(await put("wrong", settings), JSON.stringify(settings)).toMatchObject({
        status: 400,
        body: { error: { code: "invalid" } },
      });
    expect((await stack.http.call("GET", "/v1/collections/wrong")).status).toBe(404);
  });

  test("is exported without its weights, which an import says", async () => {
    const response = await fetch(`${stack.http.url}/v1/collections/notes/export`);
    const lines = await response.text();
    expect(JSON.parse(lines.slice(0, lines.indexOf("\n")))).toMatchObject({ settings: { sparse: SPARSE } });
    const importTo = (path: string): Promise<Answer> => stack.http.send(path, "application/x-ndjson", lines);
    expect(await importTo("/v1/collections/copy/import")).toMatchObject({
      status: 409,
      body: { error: { details: { field: "sparse" } } },
    });
    const { ticket } = expectStatus(await importTo("/v1/collections/copy/import?reembed=true"), 202) as {
      ticket: string;
    };
    expect(await stack.http.settled(ticket)).toMatchObject({ failed: 0 });
    await expectFound(stack, "copy", TEXTS);
  });

  test("waits when its sparse model is broken, while the process is ready and others go on", async () => {
    expectStatus(await put("waiting", { sparse: { model: "breaks" } }), 201);
    await truncate(join(modelsDir, "breaks/onnx/model.onnx"), 1_000);
    const held = await stack.http.push("waiting", [{ id: "a", text: QUERY.text }]);
    await waitUntil("the document was tried", async () => {
      const { body } = await stack.http.call("GET", "/v1/collections/waiting/documents/a");
      return JSON.stringify(body).includes("model.onnx");
    });
    expect((await stack.http.call("GET", "/readyz")).status).toBe(200);
    const other = await stack.http.push("notes-2", [{ id: "a", text: QUERY.text }]);
    expect(await stack.http.settled(other.ticket)).toMatchObject({ stored: 1 });
    await cp(join(SPARSE_MODELS, SPARSE_MODEL), join(modelsDir, "breaks"), { recursive: true, force: true });
    expect(await stack.http.settled(held.ticket)).toMatchObject({ stored: 1, failed: 0 });
    const hits = await stack.http.search("waiting", { query: QUERY.text, mode: "sparse" });
    expect(hits.map(({ id }) => id)).toEqual(["a"]);
  });
});
