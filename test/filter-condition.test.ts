import { PGlite } from "@electric-sql/pglite";
import { FILTER_LIMITS, matchesFilter, parseFilter, type Filter } from "@polyseme/core";
import { filterCondition, givenInto } from "@polyseme/store";
import fc from "fast-check";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { anyFilter, anyMetadata } from "./support/filters.ts";

const databaseUrl = inject("databaseUrl");

interface Asked {
  query(text: string, params: unknown[]): Promise<{ rows: unknown[] }>;
}

/** For each of the records whether the condition is true, false or null. */
async function askAll(sql: Asked, filter: Filter, records: readonly unknown[]): Promise<unknown[]> {
  const params: unknown[] = [JSON.stringify(records)];
  const { rows } = await sql.query(
    `select ${filterCondition(filter, "r.value", givenInto(params))} as kept
     from jsonb_array_elements($1::jsonb) with ordinality as r(value, at) order by r.at`,
    params,
  );
  return rows.map((row) => (row as { kept: unknown }).kept);
}

const servers = [
  { name: "the embedded Postgres", skip: false, open: openEmbedded },
  { name: "a Postgres server", skip: databaseUrl === null, open: openServer },
];

describe.each(servers.filter(({ skip }) => !skip))("the condition in $name", ({ open }) => {
  let sql: Asked & { close(): Promise<void> };
  beforeAll(async () => {
    sql = await open();
  });
  afterAll(() => sql.close());

  test("is true or false as the filter is, for any filter and any metadata", async () => {
    const counts = { kept: 0, left: 0 };
    await fc.assert(
      fc.asyncProperty(anyFilter, fc.array(anyMetadata, { minLength: 1, maxLength: 12 }), async (filter, records) => {
        const expected = records.map((metadata) => matchesFilter(filter, metadata));
        for (const kept of expected) counts[kept ? "kept" : "left"] += 1;
        expect(await askAll(sql, filter, records)).toEqual(expected);
      }),
      { numRuns: 200 },
    );
    expect(Math.min(counts.kept, counts.left)).toBeGreaterThan(100);
  });

  test("holds at every limit of a filter", async () => {
    const records = [{ a: 999 }, { a: "x" }, { a: [5.5] }, {}];
    const values = Array.from({ length: FILTER_LIMITS.values }, (_, i) => i);
    expect(await askAll(sql, parseFilter({ a: { $in: values } }, "filter"), records)).toEqual([
      true,
      false,
      false,
      false,
    ]);
    const many = Array.from({ length: FILTER_LIMITS.conditions }, (_, i) => ({ a: { $gt: i } }));
    expect(await askAll(sql, parseFilter({ $and: many }, "filter"), records)).toEqual([true, false, false, false]);
    const deepField = Array(20).fill("a").join(".");
    expect(await askAll(sql, parseFilter({ [deepField]: { $lt: "b" } }, "filter"), records)).not.toContain(true);
    const long = "a".repeat(FILTER_LIMITS.stringChars);
    expect(
      await askAll(sql, parseFilter({ $or: [{ a: { $gte: long } }, { [long]: 1 }] }, "filter"), [{ a: long }]),
    ).toEqual([true]);
  });
});

async function openEmbedded(): Promise<Asked & { close(): Promise<void> }> {
  const postgres = await PGlite.create();
  return {
    query: (text, params) => postgres.query(text, params),
    close: () => postgres.close(),
  };
}

async function openServer(): Promise<Asked & { close(): Promise<void> }> {
  const client = new pg.Client({ connectionString: databaseUrl ?? "" });
  await client.connect();
  return { query: (text, params) => client.query(text, params), close: () => client.end() };
}
