import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, test } from "vitest";
import { waitUntil } from "./support/http.ts";
import { runCliHere, startCli, type CliProcess } from "./support/run-cli.ts";
import { freshServers, startServerStack, type TestServers, type TestStack } from "./support/stack.ts";

const databaseUrl = inject("databaseUrl");
const redisUrl = inject("redisUrl");
const PASSWORD = "pass-word-of-the-shop";
/** On a quiet machine every change is there so soon; the best of some is asked of a busy one. */
const SEARCHABLE_MS = 2_000;

describe.skipIf(databaseUrl === null || redisUrl === null)("polyseme ingest --from-postgres", () => {
  let stack: TestStack;
  let shop: TestServers;
  let database: pg.Client;
  let address = "";
  let data = "";
  let cli: CliProcess | undefined;
  beforeAll(async () => {
    stack = await startServerStack(databaseUrl ?? "", redisUrl ?? "");
    shop = await freshServers(databaseUrl ?? "", undefined);
    const url = new URL(shop.environment.DATABASE_URL);
    url.password = PASSWORD;
    address = url.href;
    database = new pg.Client({ connectionString: shop.environment.DATABASE_URL });
    await database.connect();
  });
  afterAll(async () => {
    await database.end();
    await stack.stop();
    await shop.drop();
  });
  beforeEach(async () => {
    data = await mkdtemp(join(tmpdir(), "from-postgres-"));
    await database.query(`
      drop table if exists products;
      create table products (
        sku bigint primary key, description text, name text, price numeric, stock int,
        updated_at timestamptz not null default now(), change bigserial);
      insert into products (sku, description, name, price)
        select n, 'product number ' || n, 'P' || n, n * 1.5 from generate_series(1, 1200) n`);
  });
  afterEach(async () => {
    await cli?.end("SIGKILL");
    cli = undefined;
    await rm(data, { recursive: true, force: true });
  });

  const settings = (): Record<string, string> => ({ POLYSEME_URL: stack.http.url, POLYSEME_DATA_DIR: data });
  const columns = ["--text", "description", "--title", "name", "--metadata", "price,stock"];
  const table = (): string[] => ["--from-postgres", address, "--table", "products", ...columns];
  const ingest = async (...argv: string[]): Promise<Record<string, unknown>> => {
    const { out } = await runCliHere(["ingest", ...argv, "--json"], settings());
    return JSON.parse(out) as Record<string, unknown>;
  };
  /** Searches run the encoder too, so between them documents are counted. */
  const runs = (): Promise<number> => stack.http.metric("polyseme_encoder_runs_total");
  const embedded = (): Promise<number> => stack.http.metric("polyseme_documents_finished_total");
  const documentOf = async (collection: string, id: string): Promise<Record<string, unknown>> =>
    (await stack.http.call("GET", `/v1/collections/${collection}/documents/${id}`)).body;

  test("reads a table by its key, skips what it has sent, and deletes what has no row any more", async () => {
    expect(await ingest(...table(), "-c", "rows")).toMatchObject({ accepted: 1_200, lookedAt: 1_200, untouched: 0 });
    expect(await documentOf("rows", "7")).toMatchObject({
      text: "product number 7",
      title: "P7",
      metadata: { price: 10.5 },
    });
    const before = await runs();
    await database.query("update products set price = 1 where sku = 8; delete from products where sku in (9, 1000)");
    const again = await ingest(...table(), "-c", "rows", "--delete-missing");
    expect(again).toMatchObject({ read: 1, lookedAt: 1_198, untouched: 1_197, deleted: 2 });
    expect(await documentOf("rows", "8")).toMatchObject({ metadata: { price: 1 }, version: 2 });
    expect(await runs()).toBe(before);
    expect((await stack.http.call("GET", "/v1/collections/rows/documents/9")).status).toBe(404);
  });

  test("reads a query, and says what it lacks without its password", async () => {
    const query = "select sku::text as id, description as text from products where sku <= 10;";
    expect(await ingest("--from-postgres", address, "--query", query, "-c", "query")).toMatchObject({ accepted: 10 });
    const wrong = [
      { argv: [...table(), "--cursor", "nothing"], message: 'there is no column "nothing"' },
      { argv: ["--from-postgres", address, "--query", "select sku from nowhere"], message: "nowhere" },
      { argv: ["--from-postgres", address, "--query", "delete from products returning 1"], message: "answers" },
      { argv: ["--from-postgres", address.replace(/:\d+\//, ":1/"), "--table", "x"], message: "cannot be reached" },
    ];
    for (const { argv, message } of wrong) {
      const failed = await ingest(...argv, "-c", "query").catch((error: unknown) => error as Error);
      expect(failed).toBeInstanceOf(Error);
      expect(String((failed as Error).message)).toContain(message);
      expect(String((failed as Error).stack)).not.toContain(PASSWORD);
    }
  });

  test("goes on where it was cut off", async () => {
    await database.query(
      "insert into products (sku, description) select n, 'more of number ' || n from generate_series(1201, 21000) n",
    );
    cli = startCli(["ingest", ...table(), "-c", "resumed", "--no-wait"], settings());
    // Requests of 5,000, two under way: what the first one brought is on record while the fourth is read.
    await waitUntil("some rows have arrived", async () => {
      const { body } = await stack.http.call("GET", "/v1/collections/resumed");
      return ((body["documents"] as { total?: number } | undefined)?.total ?? 0) >= 15_500;
    });
    await cli.end("SIGKILL");
    const rest = await ingest(...table(), "-c", "resumed", "--no-wait");
    expect(Number(rest["lookedAt"])).toBeLessThan(21_000);
    expect(await documentOf("resumed", "21000")).toMatchObject({ text: "more of number 21000" });
    await stack.http.call("DELETE", "/v1/collections/resumed");
  });

  test.each(["updated_at", "change"])("follows changes by %s, also those that commit late", async (cursor) => {
    const collection = `by_${cursor}`;
    await database.query("delete from products where sku > 20");
    cli = startCli(["ingest", ...table(), "--cursor", cursor, "--watch", "-c", collection], settings());
    await cli.until("Watching for changes");
    const late = new pg.Client({ connectionString: shop.environment.DATABASE_URL });
    await late.connect();
    try {
      const before = await embedded();
      const touch = "updated_at = now(), change = nextval('products_change_seq')";
      await late.query("begin");
      await late.query(`update products set description = 'A late word on lighthouses.', ${touch} where sku = 2`);
      const times: number[] = [];
      for (const [sku, text] of [
        [3, "Elephants remember."],
        [4, "Snow falls on the pass."],
        [5, "Tea is steeped."],
      ] as const) {
        const startedMs = performance.now();
        await database.query(`update products set description = $1, ${touch} where sku = $2`, [text, sku]);
        await waitUntil("the changed row is found", async () =>
          (await stack.http.search(collection, { query: text, k: 1 })).some(({ chunk }) => chunk.text === text),
        );
        times.push(Math.round(performance.now() - startedMs));
      }
      console.log(`[from-postgres] ms from the change of a row until it is found, by ${cursor}: ${times.join(", ")}`);
      expect(Math.min(...times)).toBeLessThan(SEARCHABLE_MS);
      // Longer than the overlap that every look has, so that only the horizon can find it.
      await waitUntil("the transaction is an old one", async () => {
        const { rows } = await late.query<{ old: boolean }>("select clock_timestamp() > now() + interval '5 s' as old");
        return rows[0]?.old;
      });
      await late.query("commit");
      await waitUntil("the late row has arrived", async () =>
        String((await documentOf(collection, "2"))["text"]).includes("lighthouses"),
      );
      await waitUntil("it is counted", async () => (await embedded()) - before >= 4);
      expect((await embedded()) - before).toBe(4);
    } finally {
      await late.end();
    }
    expect(await cli.end("SIGINT")).toBe(0);
    expect(cli.output()).not.toContain(PASSWORD);
    await database.query(
      `update products set description = 'While nobody looked.', change = nextval('products_change_seq'), updated_at = now() where sku = 6`,
    );
    expect(await ingest(...table(), "--cursor", cursor, "-c", collection)).toMatchObject({ read: 1, accepted: 1 });
  });
});
