import { expect, test } from "vitest";
import { ASSUMED_TOKENS_PER_SECOND, estimateDrain, type Backlog } from "./backlog.ts";

const BACKLOG: Backlog = {
  pendingDocuments: 100,
  pendingTokens: 60_000,
  oldestPendingAgeSeconds: 3,
  workers: 4,
  tokensPerSecond: 40_000,
  tokensPerSecondOfOne: 10_000,
};

test("the seconds of one worker do not depend on how many work, those of all are divided by them", () => {
  expect(estimateDrain(BACKLOG)).toEqual({ workerSeconds: 6, seconds: 1.5, measured: true });
  expect(estimateDrain({ ...BACKLOG, workers: 1 })).toEqual({ workerSeconds: 6, seconds: 6, measured: true });
});

test("without a living worker the last known rate still says how much work waits, and that it will never be done", () => {
  expect(estimateDrain({ ...BACKLOG, workers: 0, tokensPerSecond: 0 })).toEqual({
    workerSeconds: 6,
    seconds: Infinity,
    measured: true,
  });
});

test("a rate that nobody measured is guessed, and said to be", () => {
  expect(estimateDrain({ ...BACKLOG, tokensPerSecond: 0, tokensPerSecondOfOne: null })).toEqual({
    workerSeconds: 60_000 / ASSUMED_TOKENS_PER_SECOND,
    seconds: 60_000 / ASSUMED_TOKENS_PER_SECOND / 4,
    measured: false,
  });
});

test("nothing that waits takes no time, also without a worker", () => {
  expect(estimateDrain({ ...BACKLOG, pendingTokens: 0, workers: 0 })).toMatchObject({ workerSeconds: 0, seconds: 0 });
});
