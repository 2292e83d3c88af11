import { execFile } from "node:child_process";
import { rm } from "node:fs/promises";
import { promisify } from "node:util";
import { KEY_LIFETIME_MS } from "@polyseme/http";
import { describe, expect, inject, test } from "vitest";
import { programArguments } from "./support/compiled.ts";
import { makeEmbeddedFolder } from "./support/embedded-folder.ts";
import { expectStatus, HttpCaller, waitUntil } from "./support/http.ts";
import { startServeAll, startService } from "./support/processes.ts";
import { useServices } from "./support/services.ts";
import { startEmbeddedStack } from "./support/stack.ts";

const databaseUrl = inject("databaseUrl");
const redisUrl = inject("redisUrl");
const hasServers = databaseUrl !== null && redisUrl !== null;

interface Made {
  readonly id: string;
  readonly key: string;
}

const bearer = (key: string): Record<string, string> => ({ authorization: `Bearer ${key}` });

async function makeKey(http: HttpCaller, body: Record<string, unknown>, by?: string): Promise<Made> {
  const headers = by === undefined ? {} : bearer(by);
  return expectStatus(await http.call("POST", "/v1/keys", body, headers), 201) as Made;
}

describe.skipIf(!hasServers)("keys of the database", () => {
  const services = useServices(databaseUrl, redisUrl);

  test("work in every process without a restart, and stop within their lifetime once revoked", async () => {
    const [api, ingest] = await Promise.all([services.start("api"), services.start("ingest")]);
    const [here, there] = [new HttpCaller(api.url), new HttpCaller(ingest.url)];
    expect((await there.call("GET", "/v1/tickets/none")).status).toBe(404);
    const root = await makeKey(here, { name: "root", role: "admin" });
    const other = await makeKey(here, { name: "other", role: "read" }, root.key);
    await waitUntil(
      "the other process wants a key",
      async () => (await there.call("GET", "/v1/tickets/none")).status === 401,
      KEY_LIFETIME_MS + 2_000,
    );
    const asOther = async (http: HttpCaller): Promise<number> =>
      (await http.call("GET", "/v1/tickets/none", undefined, bearer(other.key))).status;
    expect(await asOther(there)).toBe(404);
    expectStatus(await here.call("DELETE", `/v1/keys/${other.id}`, undefined, bearer(root.key)), 200);
    const revokedAtMs = performance.now();
    await waitUntil("it is revoked there too", async () => (await asOther(there)) === 401);
    expect(performance.now() - revokedAtMs).toBeLessThan(KEY_LIFETIME_MS + 1_000);
    const { body } = await here.call("GET", "/v1/keys", undefined, bearer(root.key));
    const listed = body["keys"] as Record<string, unknown>[];
    expect(listed.map(({ id, role }) => [id, role])).toEqual([
      [root.id, "admin"],
      [other.id, "read"],
    ]);
    expect(listed[0]).toMatchObject({ lastUsedAt: expect.any(String) as string, revokedAt: null });
    expect(listed[1]).toMatchObject({ revokedAt: expect.any(String) as string });
    expect(JSON.stringify(body)).not.toMatch(/psk_|hash/);
  });

  test("are what an address that others reach needs, where the settings have none", async () => {
    const settings = { ...services.servers.environment, POLYSEME_HOST: "0.0.0.0" };
    await expect(startService("ingest", settings)).rejects.toThrow(/Set POLYSEME_API_KEYS, make a key/);
    const api = await services.start("api");
    const { key } = await makeKey(new HttpCaller(api.url), { name: "first", role: "admin" });
    const ingest = await services.start("ingest", { POLYSEME_HOST: "0.0.0.0" });
    const http = new HttpCaller(ingest.url.replace("0.0.0.0", "127.0.0.1"));
    expect((await http.call("GET", "/v1/tickets/none")).status).toBe(401);
    expect((await http.call("GET", "/v1/tickets/none", undefined, bearer(key))).status).toBe(404);
  });
});

test("on the embedded stack: the first key closes the door behind it, the last admin key stays", async () => {
  const stack = await startEmbeddedStack();
  try {
    const { http } = stack;
    for (const body of [
      { name: "reader", role: "read" },
      { name: "half", role: "admin", collections: ["mine"] },
    ])
      expect(await http.call("POST", "/v1/keys", body)).toMatchObject({
        status: 409,
        body: { error: { code: "conflict", details: { field: "role" } } },
      });
    const first = await makeKey(http, { name: "first", role: "admin" });
    expect(first.key).toMatch(/^psk_[\w-]{43}$/);
    expect((await http.call("GET", "/v1/keys")).status).toBe(401);
    const revoke = (id: string, by: Made) => http.call("DELETE", `/v1/keys/${id}`, undefined, bearer(by.key));
    expect(await revoke(first.id, first)).toMatchObject({ status: 409, body: { error: { code: "conflict" } } });
    const second = await makeKey(http, { name: "second", role: "admin" }, first.key);
    expect((await revoke(first.id, second)).status).toBe(200);
    expect((await revoke(first.id, second)).status).toBe(200);
    expect((await revoke("k_none", second)).status).toBe(404);
    expect((await http.call("GET", "/v1/keys", undefined, bearer(first.key))).status).toBe(401);

    const slow = await makeKey(http, { name: "slow", role: "read", ratePerSecond: 0.5 }, second.key);
    const asSlow = () => http.call("GET", "/v1/collections", undefined, bearer(slow.key));
    expect((await asSlow()).status).toBe(200);
    const limited = await asSlow();
    expect(limited).toMatchObject({ status: 429, body: { error: { code: "overloaded" } } });
    expect(["1", "2"]).toContain(limited.headers.get("retry-after"));

    for (const [field, body] of [
      ["role", { name: "x", role: "root" }],
      ["name", { name: "", role: "read" }],
      ["collections", { name: "x", role: "read", collections: [] }],
      ["collections", { name: "x", role: "read", collections: ["No Name"] }],
      ["ratePerSecond", { name: "x", role: "read", ratePerSecond: 0 }],
      ["name", { name: "a\u0000", role: "read" }],
    ] as const)
      expect(await http.call("POST", "/v1/keys", body, bearer(second.key))).toMatchObject({
        status: 400,
        body: { error: { code: "invalid", details: { field } } },
      });
  } finally {
    await stack.stop();
  }
});

test("from the command line keys are made, listed and revoked, also where keys are required and none is set", async () => {
  const dataDir = await makeEmbeddedFolder();
  const run = async (...args: string[]): Promise<string> => {
    const env = { PATH: process.env["PATH"], HOME: process.env["HOME"], POLYSEME_DATA_DIR: dataDir };
    const command = [...programArguments("packages/cli/src/main.ts"), ...args];
    return (await promisify(execFile)(process.execPath, command, { env, timeout: 100_000 })).stdout.trim();
  };
  try {
    const key = await run("keys", "create", "mine", "--role", "read", "--collection", "one", "two", "--rate", "5");
    expect(key).toMatch(/^psk_[\w-]{43}$/);
    const [listed] = JSON.parse(await run("keys", "list", "--json")) as Record<string, string>[];
    expect(listed).toMatchObject({ name: "mine", role: "read", collections: ["one", "two"], ratePerSecond: 5 });
    expect(await run("keys", "revoke", listed?.["id"] ?? "")).toBe(`Revoked ${listed?.["id"] ?? ""} (mine)`);
    expect(await run("keys", "list")).toMatch(
      /^id +name +role +collections +rate .*\nk_\S+ +mine +read +one two +5\/s /,
    );
  } finally {
    await rm(dataDir, { recursive: true, force: true });
  }
}, 240_000);

test("the embedded stack without any key is refused an address that others reach", async () => {
  const dataDir = await makeEmbeddedFolder();
  try {
    const settings = { POLYSEME_DATA_DIR: dataDir, POLYSEME_HOST: "0.0.0.0" };
    await expect(startServeAll(settings)).rejects.toThrow(/POLYSEME_HOST=0\.0\.0\.0 opens the service/);
  } finally {
    await rm(dataDir, { recursive: true, force: true });
  }
});
