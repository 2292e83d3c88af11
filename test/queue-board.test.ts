import { Queue } from "bullmq";
import { Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { waitUntil } from "./support/http.ts";
import { startEmbeddedStack, startServerStack, type TestStack } from "./support/stack.ts";

const databaseUrl = inject("databaseUrl");
const redisUrl = inject("redisUrl");

const KEY = "sesame";
const SECRET = "zzyzx-quokka-4711";
const BASIC = `Basic ${Buffer.from(`anyone:${KEY}`).toString("base64")}`;

interface Listed {
  readonly queues: { name: string; readOnlyMode: boolean; counts: Record<string, number>; jobs: unknown[] }[];
}

const SIZES = [
  ["on Redis", () => startServerStack(databaseUrl ?? "", redisUrl ?? "", { POLYSEME_API_KEYS: KEY })],
  ["on Postgres", () => startServerStack(databaseUrl ?? "", undefined, { POLYSEME_API_KEYS: KEY })],
  ["embedded", () => startEmbeddedStack({ POLYSEME_API_KEYS: KEY })],
] as const;

describe.each(SIZES)("the board of the queues %s", (size, start) => {
  const skipped = size !== "embedded" && (databaseUrl === null || redisUrl === null);
  let stack: TestStack;
  beforeAll(async () => {
    if (!skipped) stack = await start();
  });
  afterAll(async () => {
    if (!skipped) await stack.stop();
  });
  const ask = (path: string, headers: Record<string, string> = { authorization: BASIC }, method = "GET") =>
    fetch(`${stack.http.url}/admin/queues${path}`, { method, headers });

  test.skipIf(skipped)("asks a browser for the key, and shows nothing without", async () => {
    for (const headers of [{}, { authorization: "Bearer other" }, { authorization: `Basic ${btoa("a:other")}` }])
      for (const path of ["", "/", "/api/queues", "/api/redis/stats"]) {
        const answer = await ask(path, headers);
        expect([path, answer.status]).toEqual([path, 401]);
        expect(answer.headers.get("www-authenticate")).toMatch(/^Basic /);
        expect(await answer.json()).toMatchObject({ error: { code: "unauthorized" } });
      }
    expect(await statusOf(ask("", { authorization: `Bearer ${KEY}` }))).toBe(200);
    // Passwords are for this page alone.
    const other = await fetch(`${stack.http.url}/v1/collections`, { headers: { authorization: BASIC } });
    await other.text();
    expect([other.status, other.headers.get("www-authenticate")]).toEqual([401, "Bearer"]);
  });

  test.skipIf(skipped)("is a page whose scripts come from here alone", async () => {
    const answer = await ask("");
    expect([answer.status, answer.headers.get("content-type")]).toEqual([200, "text/html; charset=utf-8"]);
    expect(answer.headers.get("content-security-policy")).toContain("script-src 'self';");
    const html = await answer.text();
    const scripts = [...html.matchAll(/<script\b([^>]*)>([^<]*)/g)].filter(([, tag]) => !tag?.includes("json"));
    expect(scripts.length).toBeGreaterThan(0);
    for (const [, tag, inline] of scripts) {
      expect(inline).toBe("");
      const path = /src="(static\/[^"]+)"/.exec(tag ?? "")?.[1] ?? "none";
      expect([path, await statusOf(ask(`/${path}`))]).toEqual([path, 200]);
    }
  });

  test.skipIf(skipped)("lists the embed queue and the inbox, to look at only", async () => {
    const answer = await ask("/api/queues");
    expect(answer.status).toBe(200);
    const { queues } = (await answer.json()) as Listed;
    expect(queues.map(({ name }) => name.replace(/^.*:/, "")).sort()).toEqual(["polyseme-embed", "polyseme-inbox"]);
    for (const { name, readOnlyMode } of queues) {
      expect(readOnlyMode).toBe(true);
      for (const path of [`/api/queues/${encodeURIComponent(name)}/empty`, `/api/queues/pause`]) {
        const refused = await ask(path, { authorization: BASIC }, "PUT");
        expect([path, refused.status, await refused.json()]).toMatchObject([
          path,
          403,
          { error: { code: "forbidden" } },
        ]);
      }
    }
  });
});

describe.skipIf(databaseUrl === null || redisUrl === null)("the board of the queues", () => {
  test("shows whose an inbox job is, and none of its text", async () => {
    const stack = await startServerStack(databaseUrl ?? "", redisUrl ?? "", { POLYSEME_API_KEYS: KEY });
    const connection = new Redis(redisUrl ?? "", { maxRetriesPerRequest: null });
    const inbox = new Queue("polyseme-inbox", {
      connection,
      prefix: stack.environment["POLYSEME_QUEUE_PREFIX"] ?? "",
    });
    try {
      const { id = "" } = await inbox.add("documents", {
        collection: "c",
        documents: [
          { id: "", text: SECRET },
          { id: "two", text: SECRET },
        ],
      });
      await waitUntil("the bad job has failed", async () => (await inbox.getFailedCount()) === 1);
      const read = async (path: string): Promise<string> =>
        (await fetch(`${stack.http.url}/admin/queues/api${path}`, { headers: { authorization: BASIC } })).text();
      const { queues } = JSON.parse(await read("/queues")) as Listed;
      const name = queues.find((queue) => queue.name.endsWith("polyseme-inbox"))?.name ?? "";
      const list = await read(`/queues?activeQueue=${encodeURIComponent(name)}&status=failed&jobsPerPage=10`);
      const one = await read(`/queues/${encodeURIComponent(name)}/${id}`);
      for (const text of [list, one]) {
        expect(text).toContain('"ids":["","two"]');
        expect(text).not.toContain(SECRET);
      }
    } finally {
      await inbox.close();
      connection.disconnect();
      await stack.stop();
    }
  });
});

/** Reads the body too: a connection with an unread one stays open. */
async function statusOf(asked: Promise<Response>): Promise<number> {
  const answer = await asked;
  await answer.text();
  return answer.status;
}
