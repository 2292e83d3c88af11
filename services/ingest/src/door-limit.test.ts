import type { Backlog } from "@polyseme/store";
import { describe, expect, test } from "vitest";
import { makeDoorLimit, WAIT_FOR_ROOM_MS } from "./door-limit.ts";

const full = expect.objectContaining({ code: "overloaded" }) as Error;
const forever = new AbortController().signal;
/** Two workers of 1,000 tokens/s each, 100 tokens a document. */
const WORKERS = { workers: 2, tokensPerSecond: 2_000, tokensPerSecondOfOne: 1_000, oldestPendingAgeSeconds: 1 };
const backlogOf = (pendingDocuments: number, other: Partial<Backlog> = {}): Backlog => ({
  ...WORKERS,
  pendingDocuments,
  pendingTokens: pendingDocuments * 100,
  ...other,
});

/** A door with a clock, a queue and a backlog that the test sets. */
function door(bounds: { maxJobs?: number; maxPending?: number } = {}) {
  const state = { jobs: 0, backlog: backlogOf(0), nowMs: 1_000_000, counts: 0, queueFails: false, storeFails: false };
  const limit = makeDoorLimit({
    countJobs: () => {
      state.counts += 1;
      return state.queueFails ? Promise.reject(new Error("Redis is away")) : Promise.resolve(state.jobs);
    },
    readBacklog: () =>
      state.storeFails ? Promise.reject(new Error("Postgres is away")) : Promise.resolve(state.backlog),
    nowMs: () => state.nowMs,
    random: () => 0,
    maxPending: 1_000_000,
    ...bounds,
  });
  return { state, limit };
}

describe("the door and the queue", () => {
  test("is open below the bound and closed from it on", async () => {
    const { state, limit } = door({ maxJobs: 10 });
    state.jobs = 9;
    await expect(limit.check()).resolves.toBeUndefined();
    state.jobs = 10;
    state.nowMs += 501;
    await expect(limit.check()).rejects.toThrow(full);
  });

  test("says how many jobs there are and when the workers have made room for one more and a hundredth", async () => {
    const { state, limit } = door({ maxJobs: 100 });
    state.jobs = 119;
    state.backlog = backlogOf(1_190);
    // 20 jobs of 10 documents of 100 tokens, at 2,000 tokens/s.
    await expect(limit.check()).rejects.toMatchObject({
      name: "PolysemeError",
      code: "overloaded",
      message: expect.stringContaining("The queue is full") as string,
      details: { retryAfterSeconds: 10, queuedJobs: 119, workers: 2 },
    });
  });

  test("says ten seconds when it cannot tell how long the backlog takes", async () => {
    const { state, limit } = door({ maxJobs: 10 });
    state.jobs = 12;
    state.storeFails = true;
    await expect(limit.check()).rejects.toMatchObject({ details: { retryAfterSeconds: 10, queuedJobs: 12 } });
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
    const { state, limit } = door({ maxJobs: 10 });
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
    const { state, limit } = door({ maxJobs: 10 });
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
    const { state, limit } = door({ maxJobs: 10 });
    state.jobs = 10;
    state.queueFails = true;
    await expect(limit.check()).resolves.toBeUndefined();
    state.queueFails = false;
    state.nowMs += 501;
    await expect(limit.check()).rejects.toThrow(full);
  });
});

describe("the door and the backlog", () => {
  test("closes when as many documents wait as may, and says how long the workers need for what is too much", async () => {
    const { state, limit } = door({ maxPending: 1_000 });
    state.backlog = backlogOf(999);
    await expect(limit.check()).resolves.toBeUndefined();
    state.backlog = backlogOf(1_390);
    // The one before counted too little; this one looks again, as the door may be closed.
    await limit.check();
    await expect(limit.check()).rejects.toMatchObject({
      message: expect.stringContaining("1000 documents wait already") as string,
      details: { retryAfterSeconds: 20, pendingDocuments: 1_390, workers: 2 },
    });
  });

  test("counts what it took itself since the backlog was read, and nothing twice", async () => {
    const { state, limit } = door({ maxPending: 100 });
    await limit.check();
    limit.took(99);
    await expect(limit.check()).resolves.toBeUndefined();
    limit.took(1);
    await expect(limit.check()).rejects.toThrow(full);
    state.backlog = backlogOf(60);
    await expect(limit.check()).resolves.toBeUndefined();
    limit.took(39);
    await expect(limit.check()).resolves.toBeUndefined();
  });

  test("says that nobody works, as waiting would not help", async () => {
    const { state, limit } = door({ maxPending: 10 });
    state.backlog = backlogOf(10, { workers: 0, tokensPerSecond: 0 });
    await expect(limit.check()).rejects.toMatchObject({
      message: expect.stringContaining("No embedder is running") as string,
      details: { retryAfterSeconds: 30, workers: 0 },
    });
  });

  test("reckons with short texts when it has read the backlog before any came", async () => {
    const { limit } = door({ maxPending: 1_000 });
    await limit.check();
    limit.took(1_189);
    // 199 documents of 150 tokens, at 2,000 tokens/s.
    await expect(limit.check()).rejects.toMatchObject({ details: { retryAfterSeconds: 15, pendingDocuments: 1_189 } });
    limit.took(-189);
    await expect(limit.check()).rejects.toMatchObject({ details: { retryAfterSeconds: 1, pendingDocuments: 1_000 } });
  });

  test("is open when the store does not answer: the push will find out itself", async () => {
    const { state, limit } = door({ maxPending: 1 });
    state.storeFails = true;
    await expect(limit.check()).resolves.toBeUndefined();
  });
});

describe("a push under way", () => {
  test("waits until there is room", async () => {
    const { state, limit } = door({ maxPending: 10 });
    state.backlog = backlogOf(10);
    let hasRoom = false;
    const waiting = limit.room(forever).then(() => (hasRoom = true));
    await new Promise((resolve) => setImmediate(resolve));
    expect(hasRoom).toBe(false);
    state.backlog = backlogOf(9);
    await waiting;
  });

  test("is refused when there was none for half a minute", async () => {
    const { state, limit } = door({ maxPending: 10 });
    state.backlog = backlogOf(10);
    const waiting = limit.room(forever);
    state.nowMs += WAIT_FOR_ROOM_MS;
    await expect(waiting).rejects.toThrow(full);
  });

  test("waits no longer when the process stops", async () => {
    const { state, limit } = door({ maxPending: 10 });
    state.backlog = backlogOf(10);
    const stop = new AbortController();
    const waiting = limit.room(stop.signal);
    stop.abort();
    await expect(waiting).resolves.toBeUndefined();
  });
});
