import pg from "pg";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { expectStatus, type Answer, type HitAnswer } from "./support/http.ts";
import { runCliHere } from "./support/run-cli.ts";
import { startEmbeddedStack, startServerStack, type TestStack } from "./support/stack.ts";

const databaseUrl = inject("databaseUrl");
const redisUrl = inject("redisUrl");
const hasServers = databaseUrl !== null && redisUrl !== null;

let stack: TestStack;

beforeAll(async () => {
  stack = await (hasServers ? startServerStack(databaseUrl, redisUrl) : startEmbeddedStack());
  for (const [collection, other] of [
    ["north", "south"],
    ["south", "north"],
  ] as const) {
    expectStatus(await put(collection), 201);
    const documents = Array.from({ length: 20 }, (_, i) => ({
      id: `${collection}-${i}`,
      text: `Document ${i} of ${collection}, which is not ${other}.`,
      embedding: [i + 1, collection === "north" ? 1 : -1, 0.5],
    }));
    expect(await stack.http.push(collection, documents)).toMatchObject({ accepted: 20, rejected: [] });
  }
});
afterAll(() => stack.stop());

const put = (name: string, body: unknown = { model: "none", dimensions: 3 }): Promise<Answer> =>
  stack.http.call("PUT", `/v1/collections/${name}`, body);
const alias = (name: string, collection: string): Promise<Answer> =>
  stack.http.call("PUT", `/v1/aliases/${name}`, { collection });
const find = (name: string, k = 10): Promise<HitAnswer[]> => stack.http.search(name, { vector: [1, 0, 0], k });
const sidesOf = (hits: readonly HitAnswer[]): string[] => [...new Set(hits.map(({ id }) => id.split("-")[0] ?? ""))];

test("an alias stands for its collection in reads and pushes, and is listed", async () => {
  expectStatus(await alias("world", "north"), 201);
  expect(sidesOf(await find("world"))).toEqual(["north"]);
  expect((await stack.http.call("GET", "/v1/collections/world")).body).toMatchObject({
    name: "north",
    aliases: ["world"],
  });
  expect(
    await stack.http.push("world", [{ id: "north-new", text: "By the alias.", embedding: [1, 1, 1] }]),
  ).toMatchObject({
    accepted: 1,
  });
  expect((await stack.http.call("GET", "/v1/collections/north/documents/north-new")).body).toMatchObject({
    text: "By the alias.",
    state: "stored",
  });
  expect((await stack.http.call("GET", "/v1/collections/world/documents/north-new")).status).toBe(200);
  expect((await stack.http.call("DELETE", "/v1/collections/world/documents/north-new")).body).toEqual({ deleted: 1 });
  expect((await stack.http.call("GET", "/v1/aliases")).body).toMatchObject({
    aliases: [{ name: "world", collection: "north" }],
  });
});

test("names are taken by one of the two, and what is done to a collection itself names it", async () => {
  expectStatus(await alias("taken", "north"), 201);
  expect(await alias("south", "north")).toMatchObject({ status: 409 });
  expect(await alias("second", "taken")).toMatchObject({ status: 409 });
  expect(await alias("nobody", "nowhere")).toMatchObject({ status: 404 });
  expect(await alias("Not a name", "north")).toMatchObject({
    status: 400,
    body: { error: { details: { field: "alias" } } },
  });
  const conflict = { status: 409, body: { error: { code: "conflict", details: { collection: "north" } } } };
  expect(await put("taken")).toMatchObject(conflict);
  expect(await stack.http.call("DELETE", "/v1/collections/taken")).toMatchObject(conflict);
  expect(await stack.http.call("POST", "/v1/collections/taken/migrate", {})).toMatchObject(conflict);
  // Pushes by the alias would make a collection of its name.
  expect(await stack.http.call("DELETE", "/v1/collections/north")).toMatchObject({
    status: 409,
    body: { error: { details: { aliases: expect.arrayContaining(["taken"]) as unknown } } },
  });
  expectStatus(await stack.http.call("DELETE", "/v1/aliases/taken"), 200);
  expect((await stack.http.call("DELETE", "/v1/aliases/taken")).status).toBe(404);
  expectStatus(await put("taken"), 201);
  expectStatus(await stack.http.call("DELETE", "/v1/collections/taken"), 200);
});

test("while it changes over, every search answers from one collection, and none after it from the one before", async () => {
  expectStatus(await alias("switching", "north"), 201);
  let stop = false;
  let searches = 0;
  const searching = Promise.all(
    [1, 2, 3].map(async () => {
      while (!stop) {
        expect(sidesOf(await find("switching"))).toHaveLength(1);
        searches += 1;
      }
    }),
  );
  try {
    for (let i = 0; i < 12; i += 1) {
      const side = i % 2 === 0 ? "south" : "north";
      expectStatus(await alias("switching", side), 200);
      expect(sidesOf(await find("switching"))).toEqual([side]);
      const id = `${side}-by-alias`;
      await stack.http.push("switching", [{ id, text: `Push ${i}.`, embedding: [1, 2, 3] }]);
      expect((await stack.http.call("GET", `/v1/collections/${side}/documents/${id}`)).body).toMatchObject({
        text: `Push ${i}.`,
      });
    }
  } finally {
    stop = true;
    await searching;
  }
  expect(searches).toBeGreaterThan(10);
});

test.skipIf(!hasServers)("its view in SQL goes with it, through a change of dimensions and a migration", async () => {
  const client = new pg.Client({ connectionString: stack.environment["DATABASE_URL"] ?? "" });
  await client.connect();
  const first = async (): Promise<unknown> =>
    (await client.query<{ id: string }>(`select document_id as id from polyseme."seen" order by document_id limit 1`))
      .rows[0]?.id;
  try {
    expectStatus(await alias("seen", "north"), 201);
    expect(await first()).toBe("north-0");
    expectStatus(await put("wide", { model: "none", dimensions: 5 }), 201);
    await stack.http.push("wide", [{ id: "wide-0", text: "Five of them.", embedding: [1, 2, 3, 4, 5] }]);
    expectStatus(await alias("seen", "wide"), 200);
    expect(await first()).toBe("wide-0");

    const { ticket } = await stack.http.push("encoded", [{ id: "encoded-0", text: "By the encoder." }]);
    expect(await stack.http.settled(ticket)).toMatchObject({ stored: 1 });
    expectStatus(await alias("seen", "encoded"), 200);
    expectStatus(
      await stack.http.call("POST", "/v1/collections/encoded/migrate", { chunking: { maxTokens: 32 } }),
      202,
    );
    for (;;) {
      const cut = await stack.http.call("POST", "/v1/collections/encoded/migration/cutover", {});
      if (cut.status === 200) break;
      expect(cut.status).toBe(409);
    }
    expectStatus(await stack.http.call("DELETE", "/v1/collections/encoded/migration"), 200);
    expect(await first()).toBe("encoded-0");
    expectStatus(await stack.http.call("DELETE", "/v1/aliases/seen"), 200);
    await expect(first()).rejects.toThrow("does not exist");
  } finally {
    await client.end();
  }
});

test("the command line sets, lists and deletes them", async () => {
  const run = (...argv: string[]) => runCliHere(["aliases", ...argv, "--url", stack.http.url]);
  expect(await run("set", "typed", "south")).toMatchObject({ code: 0, out: '"typed" is "south" from now on.\n' });
  expect((await run("list")).out).toMatch(/^typed +south +20/m);
  expect(sidesOf(await find("typed"))).toEqual(["south"]);
  expect(await run("delete", "typed")).toMatchObject({ code: 0 });
  await expect(run("delete", "typed")).rejects.toThrow("There is no alias");
});
