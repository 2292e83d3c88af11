import { readdir, readFile } from "node:fs/promises";
import pg from "pg";
import { afterEach, beforeEach, describe, expect, inject, test } from "vitest";
import { freshServers, startStack, type TestServers } from "./support/stack.ts";

const databaseUrl = inject("databaseUrl");
const redisUrl = inject("redisUrl");
const FOLDER = new URL("../packages/store/migrations/", import.meta.url);

/** What docs/upgrading.md says of the schema. */
describe.skipIf(databaseUrl === null)("the schema of a database", () => {
  let servers: TestServers;
  beforeEach(async () => {
    servers = await freshServers(databaseUrl ?? "", redisUrl ?? undefined);
  });
  afterEach(() => servers.drop());

  async function query(...statements: string[]): Promise<Record<string, unknown>[]> {
    const client = new pg.Client({ connectionString: servers.environment.DATABASE_URL });
    await client.connect();
    try {
      let rows: Record<string, unknown>[] = [];
      for (const statement of statements) rows = (await client.query<Record<string, unknown>>(statement)).rows;
      return rows;
    } finally {
      await client.end();
    }
  }

  test("that a newer version has made is refused at the start, and left as it is", async () => {
    await (await startStack(servers.environment)).stop();
    await query("insert into polyseme_store.migrations (number, name) values (9999, '9999_of_the_future.sql')");
    await expect(startStack(servers.environment)).rejects.toThrow(/schema version 9999.*newer polyseme/);
    const [{ newest } = {}] = await query("select max(number)::int as newest from polyseme_store.migrations");
    expect(newest).toBe(9999);
  });

  test("of the first version is brought up to date by whichever process starts, several at once", async () => {
    const files = (await readdir(FOLDER)).filter((name) => name.endsWith(".sql")).sort();
    const [first = ""] = files;
    await query(
      "create extension vector",
      "create schema polyseme",
      "create schema polyseme_store",
      "create table polyseme_store.migrations (number integer primary key, name text not null, applied_at timestamptz not null default now())",
      await readFile(new URL(first, FOLDER), "utf8"),
      `insert into polyseme_store.migrations (number, name) values (1, '${first}')`,
    );
    const stacks = await Promise.all([startStack(servers.environment), startStack(servers.environment)]);
    try {
      const rows = await query("select name from polyseme_store.migrations order by number");
      expect(rows.map(({ name }) => name)).toEqual(files);
      const [one, other] = stacks;
      const { ticket } = await one.http.push("notes", [{ id: "1", text: "The bank raised its interest rates." }]);
      expect(await other.http.settled(ticket)).toMatchObject({ stored: 1, failed: 0 });
    } finally {
      await Promise.all(stacks.map((stack) => stack.stop()));
    }
  });

  test("that cannot be migrated stays as it was", async () => {
    await (await startStack(servers.environment)).stop();
    // What the first file makes is there already, so it fails when it is run again.
    await query("delete from polyseme_store.migrations where number = 1");
    await expect(startStack(servers.environment)).rejects.toThrow(/already exists/);
    const rows = await query("select number from polyseme_store.migrations where number = 1");
    expect(rows).toEqual([]);
  });
});
