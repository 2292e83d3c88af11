import { makeMetrics, PolysemeError } from "@polyseme/core";
import type { Sql } from "@polyseme/store";
import { expect, test } from "vitest";
import { makeBacklogRefresh } from "./refresh-backlog.ts";

/** A store that answers with these bytes, at a clock of its own, and counts how often it is asked. */
function fakeStore(options: { costMs: number }) {
  const state = { nowMs: 0, reads: 0, bytes: 4_000, fails: false };
  const sql: Sql = {
    query: <Row extends object>() => {
      state.reads += 1;
      state.nowMs += options.costMs;
      if (state.fails) return Promise.reject(new PolysemeError("unavailable", "Postgres is away"));
      const row = {
        pendingDocuments: 1,
        pendingBytes: state.bytes,
        oldestPendingAgeSeconds: 5,
        workers: 2,
        tokensPerSecond: 20,
        tokensPerSecondOfOne: 10,
      };
      return Promise.resolve({ rows: [row] as unknown as Row[], rowCount: 1 });
    },
  };
  const metrics = makeMetrics({ processMetrics: false });
  return { state, metrics, refresh: makeBacklogRefresh(sql, metrics, () => state.nowMs) };
}

test("a reading shows in every gauge", async () => {
  const { metrics, refresh } = fakeStore({ costMs: 1 });
  await refresh();
  const text = await metrics.registry.metrics();
  expect(text).toContain("\npolyseme_backlog_documents 1\n");
  expect(text).toContain("\npolyseme_backlog_tokens 1000\n");
  expect(text).toContain("\npolyseme_backlog_worker_seconds 100\n");
  expect(text).toContain("\npolyseme_backlog_seconds 50\n");
  expect(text).toContain("\npolyseme_backlog_rate_measured 1\n");
  expect(text).toContain("\npolyseme_oldest_pending_age_seconds 5\n");
  expect(text).toContain("\npolyseme_workers 2\n");
  expect(text).toContain("\npolyseme_workers_tokens_per_second 20\n");
});

test("many who ask at once, or within a second, cost one reading", async () => {
  const { state, refresh } = fakeStore({ costMs: 1 });
  await Promise.all([refresh(), refresh(), refresh()]);
  state.nowMs += 999;
  await refresh();
  expect(state.reads).toBe(1);
  state.nowMs += 1;
  await refresh();
  expect(state.reads).toBe(2);
});

test("a reading that took long is followed by a rest of nineteen times as long", async () => {
  const { state, refresh } = fakeStore({ costMs: 500 });
  await refresh();
  state.nowMs += 500 * 19 - 1;
  await refresh();
  expect(state.reads).toBe(1);
  state.nowMs += 1;
  await refresh();
  expect(state.reads).toBe(2);
});

test("what was never read is absent rather than zero, and what was read stays when the store is away", async () => {
  const { state, metrics, refresh } = fakeStore({ costMs: 1 });
  state.fails = true;
  await expect(refresh()).rejects.toMatchObject({ code: "unavailable" });
  expect(await metrics.registry.metrics()).not.toContain("polyseme_backlog");
  state.fails = false;
  state.nowMs += 2_000;
  await refresh();
  state.fails = true;
  state.nowMs += 2_000;
  await expect(refresh()).rejects.toMatchObject({ code: "unavailable" });
  expect(await metrics.registry.metrics()).toContain("\npolyseme_backlog_tokens 1000\n");
});
