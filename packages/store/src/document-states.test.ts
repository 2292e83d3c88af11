import { describe, expect, test } from "vitest";
import type { Sql } from "./database.ts";
import { countDocumentStates } from "./document-states.ts";

/** A store of so many documents that Postgres takes for `estimate`; tells what it was asked. */
function storeOf(total: number, others: Record<string, number>, estimate: number) {
  const asked: string[] = [];
  const sql: Sql = {
    query: <Row extends object>(text: string) => {
      asked.push(text);
      const rows = text.includes("group by state")
        ? Object.entries(others).map(([state, documents]) => ({ state, documents }))
        : [{ documents: text.includes("pg_class") ? estimate : total }];
      return Promise.resolve({ rows: rows as unknown as Row[], rowCount: rows.length });
    },
  };
  return { sql, asked };
}

describe("documents by state", () => {
  test.each([-1, 0, 40, 999_999])("are counted where Postgres takes them for %i", async (estimate) => {
    const { sql } = storeOf(100, { queued: 7, embedding: 2, failed: 1 }, estimate);
    expect(await countDocumentStates(sql)).toEqual({ queued: 7, embedding: 2, failed: 1, stored: 90 });
  });

  test("are all there, also those that there are none of", async () => {
    expect(await countDocumentStates(storeOf(0, {}, -1).sql)).toEqual({
      queued: 0,
      embedding: 0,
      stored: 0,
      failed: 0,
    });
  });

  test("are estimated from a million on, without a look at every document", async () => {
    const { sql, asked } = storeOf(Number.NaN, { queued: 1_000 }, 5_000_000.4);
    expect(await countDocumentStates(sql)).toMatchObject({ queued: 1_000, stored: 4_999_000 });
    expect(asked).toHaveLength(2);
  });

  test("are never fewer than none, when most came after the estimate", async () => {
    expect(await countDocumentStates(storeOf(0, { queued: 3_000_000 }, 1_000_000).sql)).toMatchObject({ stored: 0 });
  });
});
