import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { chmod, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { Redis } from "ioredis";
import pg from "pg";
import { parseRedisUrl, processStart } from "@polyseme/core";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { atLeast } from "../infra/local/find.ts";
import { statusOf } from "../infra/local/servers.ts";
import type { State } from "../infra/local/state.ts";

const run = promisify(execFile);
const root = new URL("..", import.meta.url);

describe.skipIf(inject("databaseUrl") === null)("npm run servers", () => {
  let parent: string;
  let dir: string;

  const servers = async (...command: string[]): Promise<string> => {
    const args = ["--import", "tsx", "infra/local/main.ts", ...command, "--dir", dir];
    return (await run(process.execPath, args, { cwd: root })).stdout;
  };
  const state = async (): Promise<State> => JSON.parse(await readFile(join(dir, "state.json"), "utf8")) as State;

  beforeAll(async () => {
    // A folder that only its owner can enter, as root's own is: the data has to go elsewhere when this is root.
    parent = await mkdtemp(join(tmpdir(), "polyseme-servers-test-"));
    await chmod(parent, 0o700);
    dir = join(parent, "servers");
  });

  afterAll(async () => {
    await servers("down");
    await rm(parent, { recursive: true, force: true });
  });

  test("up starts both, repairs what died, and down leaves nothing", async () => {
    const printed = await servers("up");
    const urls = /^DATABASE_URL=(\S+)\nREDIS_URL=(\S+)\n$/.exec(printed);
    expect(urls, printed).not.toBeNull();
    const [, databaseUrl = "", redisUrl = ""] = urls ?? [];

    await inDatabase(databaseUrl, async (client) => {
      await client.query("create extension vector");
      const { rows } = await client.query<{ version: string; distance: number }>(
        "select extversion as version, '[1,0]'::vector <=> '[0,1]' as distance from pg_extension where extname = 'vector'",
      );
      expect(atLeast(rows[0]?.version ?? "", "0.8")).toBe(true);
      expect(rows[0]?.distance).toBeCloseTo(1);
    });
    const redis = new Redis(redisUrl);
    expect(await redis.set("kept", "yes")).toBe("OK");
    expect(await redis.config("GET", "maxmemory-policy")).toEqual(["maxmemory-policy", "noeviction"]);
    await redis.quit();

    expect(await servers("up")).toBe(printed);

    const before = await state();
    process.kill(before.postgres?.pid ?? 0, "SIGKILL");
    await expect.poll(() => processStart(before.postgres?.pid ?? 0)).toBeUndefined();
    expect(await statusOf(dir)).toBeUndefined();
    // Two at once: one repairs, the other finds it repaired.
    expect(await Promise.all([servers("up"), servers("up")])).toEqual([printed, printed]);
    await inDatabase(databaseUrl, async (client) => {
      const { rowCount } = await client.query("select from pg_extension where extname = 'vector'");
      expect(rowCount).toBe(1);
    });
    const after = await state();
    expect(after.redis).toEqual(before.redis);

    await servers("down");
    expect(await processStart(after.postgres?.pid ?? 0)).toBeUndefined();
    expect(await processStart(after.redis?.servers[0]?.pid ?? 0)).toBeUndefined();
    expect(existsSync(after.home)).toBe(false);
    expect(existsSync(dir)).toBe(false);
    await servers("down");
  });

  test("up with sentinels repairs a master that died, keeps to its kind, and down leaves nothing", async () => {
    const printed = await servers("up", "--redis", "sentinel");
    const url = /^DATABASE_URL=\S+\nREDIS_URL=(sentinel:\S+)\n$/.exec(printed)?.[1] ?? "";
    expect(parseRedisUrl(url), printed).toMatchObject({ kind: "sentinel", sentinels: { length: 3 } });
    const before = await state();
    expect(before.redis?.servers).toHaveLength(5);
    process.kill(before.redis?.servers[0]?.pid ?? 0, "SIGKILL");
    await expect.poll(() => statusOf(dir)).toBeUndefined();
    expect(await servers("up")).toBe(printed);
    expect(await statusOf(dir)).toMatchObject({ redisUrl: url });
    await expect(servers("up", "--redis", "cluster")).rejects.toMatchObject({
      stdout: "",
      stderr: expect.stringContaining('of the kind "sentinel"') as string,
    });
    const after = await state();
    await servers("down");
    for (const { pid } of after.redis?.servers ?? []) expect(await processStart(pid)).toBeUndefined();
    expect(existsSync(dir)).toBe(false);
  });

  test("a kind of Redis it does not know fails with those that it knows", async () => {
    await expect(servers("up", "--redis", "ring")).rejects.toMatchObject({
      stdout: "",
      stderr: expect.stringContaining("single, cluster, sentinel") as string,
    });
  });

  test("a command it does not know fails with what to say instead", async () => {
    await expect(servers("sideways")).rejects.toMatchObject({
      stdout: "",
      stderr: expect.stringContaining("`up` or `down`") as string,
    });
  });
});

async function inDatabase(url: string, work: (client: pg.Client) => Promise<void>): Promise<void> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}
