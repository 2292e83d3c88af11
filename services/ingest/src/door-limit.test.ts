import { describe, expect, test } from "vitest";
import { makeDoorLimit } from "./door-limit.ts";

const full = expect.objectContaining({ code: "overloaded" }) as Error;

/** A door with a clock and a queue that the test sets. */
function door(maxJobs?: number) {
  const state = { jobs: 0, nowMs: 1_000_000, counts: 0, fails: false };
  const queues = {
    countEmbedJobs: () => {
      state.counts += 1;
      return state.fails ? Promise.reject(new Error("Redis is away")) : Promise.resolve(state.jobs);
    },
  };
  return { state, limit: makeDoorLimit(queues, () => state.nowMs, maxJobs) };
}

describe("the door", () => {
  test("is open below the bound and closed from it on", async () => {
    const { state, limit } = door(10);
    state.jobs = 9;
    await expect(limit.check()).resolves.toBeUndefined();
    state.jobs = 10;
    state.nowMs += 501;
    await expect(limit.check()).rejects.toThrow(full);
  });

  test("says when to come back and how many jobs there are", async () => {
    const { state, limit } = door(10);
    state.jobs = 12;
    await expect(limit.check()).rejects.toMatchObject({
      name: "PolysemeError",
      code: "overloaded",
      details: { retryAfterSeconds: 10, queuedJobs: 12 },
    });
  });

  test("holds 100,000 jobs when nothing else is said", async () => {
    const { state, limit } = door();
    state.jobs = 99_999;
    await expect(limit.check()).resolves.toBeUndefined();
    state.jobs = 100_000;
    state.nowMs += 501;
    await expect(limit.check()).rejects.toThrow(full);
  });

  test("counts at the first push, and then at most twice a second", async () => {
    const { state, limit } = door(10);
    await limit.check();
    for (let push = 0; push < 50; push += 1) {
      state.nowMs += 10;
      await limit.check();
    }
    expect(state.counts).toBe(1);
    state.nowMs += 1;
    await limit.check();
    expect(state.counts).toBe(2);
  });

  test("stays closed between counts, and opens at the first count after the queue has drained", async () => {
    const { state, limit } = door(10);
    state.jobs = 10;
    await expect(limit.check()).rejects.toThrow(full);
    state.jobs = 0;
    state.nowMs += 500;
    await expect(limit.check()).rejects.toThrow(full);
    expect(state.counts).toBe(1);
    state.nowMs += 1;
    await expect(limit.check()).resolves.toBeUndefined();
  });

  test("is open when the queue does not answer, because the ledger takes the documents", async () => {
    const { state, limit } = door(10);
    state.jobs = 10;
    state.fails = true;
    await expect(limit.check()).resolves.toBeUndefined();
    state.fails = false;
    state.nowMs += 501;
    await expect(limit.check()).rejects.toThrow(full);
  });
});
