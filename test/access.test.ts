import { UNBUILT_ROUTES } from "@polyseme/api";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { expectStatus, type PushAnswer } from "./support/http.ts";
import { startEmbeddedStack, startServerStack, type TestStack } from "./support/stack.ts";

const databaseUrl = inject("databaseUrl");
const redisUrl = inject("redisUrl");
const ROOT = "root-key-of-the-settings";
const SETTINGS = { POLYSEME_API_KEYS: ROOT, POLYSEME_METRICS_KEY: "scraper" };

interface Operation {
  readonly method: string;
  readonly path: string;
  readonly needs: string;
}

let stack: TestStack;
let operations: Operation[];
/** Tickets of either collection. */
let tickets: { mine: string; theirs: string };
/** Keys by what they are: roles over all collections, and `tied`: an admin of `mine`. */
const keys: Record<string, string> = {};

beforeAll(async () => {
  stack =
    databaseUrl === null || redisUrl === null
      ? await startEmbeddedStack(SETTINGS)
      : await startServerStack(databaseUrl, redisUrl, SETTINGS);
  operations = [...(await describedOperations()), ...UNBUILT_ROUTES.map(asOperation)];
  tickets = { mine: await push("mine", ROOT), theirs: await push("theirs", ROOT) };
  for (const role of ["read", "write", "admin"]) keys[role] = await makeKey({ name: role, role });
  keys["tied"] = await makeKey({ name: "tied", role: "admin", collections: ["mine", "later"] });
  keys["metrics"] = SETTINGS.POLYSEME_METRICS_KEY;
});
afterAll(() => stack.stop());

function bearer(key: string): Record<string, string> {
  return { authorization: `Bearer ${key}` };
}

async function makeKey(body: Record<string, unknown>): Promise<string> {
  const made = expectStatus(await stack.http.call("POST", "/v1/keys", body, bearer(ROOT)), 201) as { key: string };
  return made.key;
}

async function push(collection: string, key: string): Promise<string> {
  const document = { id: "1", text: `What only ${collection} may read.` };
  const path = `/v1/collections/${collection}/documents`;
  const answer = expectStatus(await stack.http.call("POST", path, { documents: [document] }, bearer(key)), 202);
  return (answer as PushAnswer).ticket;
}

async function describedOperations(): Promise<Operation[]> {
  const { body } = await stack.http.call("GET", "/openapi.json", undefined, bearer(ROOT));
  const paths = body["paths"] as Record<string, Record<string, { "x-needs": string }>>;
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { "x-needs": needs }]) => ({ method: method.toUpperCase(), path, needs })),
  );
}

function asOperation({ method, url, needs }: (typeof UNBUILT_ROUTES)[number]): Operation {
  return { method, path: url.replaceAll(/:(\w+)/g, "{$1}"), needs };
}

/** All of an answer that a caller sees, but for the time. */
async function ask(
  { method, path }: Operation,
  key: string | undefined,
  names: Record<string, string> = {},
): Promise<{ status: number; text: string; headers: [string, string][] }> {
  const filled = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => names[name] ?? "1");
  const hasBody = method === "POST" || method === "PUT";
  const response = await fetch(stack.http.url + filled, {
    method,
    ...(hasBody ? { body: "{}" } : {}),
    headers: { ...(hasBody ? { "content-type": "application/json" } : {}), ...(key === undefined ? {} : bearer(key)) },
  });
  const headers = [...response.headers].filter(([name]) => name !== "date");
  return { status: response.status, text: await response.text(), headers };
}

const nameOf = ({ method, path }: Operation): string => `${method} ${path}`;

describe("a key of one collection", () => {
  test("is refused at every route of another, byte for byte alike whether that exists or not", async () => {
    const ofCollections = operations.filter(({ path }) => path.includes("{collection}"));
    expect(ofCollections.length).toBeGreaterThanOrEqual(13);
    const texts = new Set<string>();
    for (const operation of ofCollections) {
      const theirs = await ask(operation, keys["tied"], { collection: "theirs" });
      expect([nameOf(operation), theirs.status]).toEqual([nameOf(operation), 403]);
      texts.add(theirs.text);
      for (const collection of ["nobodys", "Not%20a%20name"])
        expect([nameOf(operation), await ask(operation, keys["tied"], { collection })]).toEqual([
          nameOf(operation),
          theirs,
        ]);
    }
    expect([...texts]).toHaveLength(1);
    expect([...texts][0]).not.toMatch(/theirs|nobodys/);
  });

  test("is refused every ticket of another, alike whether there is such a ticket or not", async () => {
    const ofTickets = operations.filter(({ path }) => path.includes("{ticket}"));
    expect(ofTickets.length).toBeGreaterThanOrEqual(2);
    for (const operation of ofTickets) {
      const theirs = await ask(operation, keys["tied"], { ticket: tickets.theirs });
      expect([nameOf(operation), theirs.status]).toEqual([nameOf(operation), 403]);
      expect(await ask(operation, keys["tied"], { ticket: "00000000-0000-4000-8000-000000000000" })).toEqual(theirs);
      expect((await ask(operation, keys["tied"], { ticket: tickets.mine })).status).toBe(200);
    }
  });

  test("is served, of what names no collection, this alone", async () => {
    const served: string[] = [];
    for (const operation of operations.filter(({ path }) => !/\{(collection|ticket)\}/.test(path))) {
      const { status, text } = await ask(operation, keys["tied"]);
      if (status !== 403 && operation.needs !== "nobody") served.push(nameOf(operation));
      expect(text).not.toContain("theirs");
    }
    // A route that comes here must bound itself to the caller's collections, or touch none.
    expect(served.sort()).toEqual([
      "GET /info",
      "GET /v1/aliases",
      "GET /v1/collections",
      "GET /v1/failures",
      "GET /v1/models",
      "GET /v1/models/{model}",
      "POST /decode",
      "POST /embed",
      "POST /embed_all",
      "POST /embed_sparse",
      "POST /predict",
      "POST /rerank",
      "POST /similarity",
      "POST /tokenize",
      "POST /v1/embeddings",
      "POST /v1/failures/redrive",
      "POST /v1/inspect",
    ]);
  });

  test("is refused another's ticket and collections inside a search, alike whether they exist or not", async () => {
    const search = (body: Record<string, unknown>) =>
      stack.http.call("POST", "/v1/collections/mine/search", { query: "x", ...body }, bearer(keys["tied"] ?? ""));
    const refused = await search({ after: tickets.theirs });
    expect(refused.status).toBe(403);
    expect((await search({ after: "no-such-ticket" })).body).toEqual(refused.body);
    expect((await search({ collections: ["mine", "theirs"] })).body).toEqual(refused.body);
    expect((await search({ collections: ["nobodys"] })).body).toEqual(refused.body);
    expect((await search({ after: tickets.mine })).status).toBe(200);
  });

  test("sees the aliases of its own collections, and serves by an alias that it is tied to", async () => {
    for (const collection of ["mine", "theirs"])
      expectStatus(await stack.http.call("PUT", `/v1/aliases/as-${collection}`, { collection }, bearer(ROOT)), 201);
    const seen = await stack.http.call("GET", "/v1/aliases", undefined, bearer(keys["tied"] ?? ""));
    expect(seen.body["aliases"]).toMatchObject([{ name: "as-mine", collection: "mine" }]);
    const byAlias = await makeKey({ name: "by alias", role: "write", collections: ["as-theirs"] });
    const ticket = await push("as-theirs", byAlias);
    expectStatus(await stack.http.call("GET", `/v1/tickets/${ticket}`, undefined, bearer(byAlias)), 200);
    expect((await stack.http.call("GET", "/v1/collections/theirs", undefined, bearer(byAlias))).status).toBe(403);
    for (const alias of ["as-mine", "as-theirs"])
      expectStatus(await stack.http.call("DELETE", `/v1/aliases/${alias}`, undefined, bearer(ROOT)), 200);
  });

  test("sees its own collections in the list, and may make one that is its own by pushing", async () => {
    const listed = async (): Promise<string[]> => {
      const { body } = await stack.http.call("GET", "/v1/collections", undefined, bearer(keys["tied"] ?? ""));
      return (body["collections"] as { name: string }[]).map(({ name }) => name);
    };
    expect(await listed()).toEqual(["mine"]);
    await push("later", keys["tied"] ?? "");
    expect(await listed()).toEqual(["later", "mine"]);
  });
});

describe("every route", () => {
  test("is for those of its rank or above", async () => {
    const ranks = ["nobody", "metrics", "read", "write", "admin"];
    for (const operation of operations)
      for (const rank of ["metrics", "read", "write", "admin"]) {
        const { status } = await ask(operation, keys[rank], { collection: "ghosts" });
        const refused = ranks.indexOf(rank) < ranks.indexOf(operation.needs);
        expect([nameOf(operation), rank, status === 403]).toEqual([nameOf(operation), rank, refused]);
        expect([401, 500]).not.toContain(status);
      }
  });

  test("is closed without a key, but for those that say otherwise", async () => {
    for (const operation of operations) {
      const { status } = await ask(operation, undefined, { collection: "mine", ticket: tickets.mine });
      expect([nameOf(operation), status === 401]).toEqual([nameOf(operation), operation.needs !== "nobody"]);
    }
    const open = operations.filter(({ needs }) => needs === "nobody").map(nameOf);
    expect(open.sort()).toEqual(["GET /", "GET /health", "GET /healthz", "GET /readyz"]);
  });
});
