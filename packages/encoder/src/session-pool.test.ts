import { expect, test } from "vitest";
import { batchRunner, type BatchRunner } from "./batch-runner.ts";
import { CPU_BUDGET } from "./pack.ts";
import { padBatch } from "./pad-batch.ts";
import type { SessionSpec } from "./session-protocol.ts";

const SPEC: SessionSpec = {
  path: "model.onnx",
  appended: new Uint8Array(0),
  weightsFolder: ".",
  providers: ["cpu"],
  hasTokenTypes: false,
  tokenDimensions: 4,
  outputNames: { embedding: "e", contextual: "c", statics: undefined },
  dimensions: 4,
  warmUp: padBatch([Int32Array.of(1)], 0),
};

/** One thread that dies of a text which starts with 13. */
function runnerThatDies(): Promise<BatchRunner> {
  const workerEntry = new URL("../../../test/fixtures/encoder/dying-worker.mjs", import.meta.url);
  return batchRunner(SPEC, { threads: 1, budget: CPU_BUDGET, padTokenId: 0, workerEntry });
}

const encode = (runner: BatchRunner, id: number): Promise<unknown> =>
  runner.encode(Int32Array.of(id), { wants: {}, lane: "bulk" });

test("a thread that dies fails its run, and another takes its place", async () => {
  const runner = await runnerThatDies();
  await expect(encode(runner, 13)).rejects.toMatchObject({ code: "encode_failed", message: /killed by a text/ });
  await expect(encode(runner, 1)).resolves.toBeDefined();
  await runner.close();
});

test("a thread that dies with several texts says so of each, and is tried again with none of them", async () => {
  const runner = await runnerThatDies();
  const results = await Promise.allSettled([13, 1, 2].map((id) => encode(runner, id)));
  for (const result of results)
    expect(result).toMatchObject({
      status: "rejected",
      reason: { code: "encode_failed", details: { workerDied: true } },
    });
  await expect(encode(runner, 1)).resolves.toBeDefined();
  await runner.close();
});

test("what a device has too little memory for is halved, and a text alone then waits for more of it", async () => {
  const workerEntry = new URL("../../../test/fixtures/encoder/small-worker.mjs", import.meta.url);
  let failed = 0;
  const options = { threads: 1, budget: CPU_BUDGET, padTokenId: 0, workerEntry, onFailedRun: () => failed++ };
  const runner = await batchRunner(SPEC, options);
  await Promise.all([1, 2, 3, 4].map((id) => encode(runner, id)));
  expect(failed).toBe(1);
  await expect(encode(runner, 13)).rejects.toMatchObject({ code: "model_unavailable", retry: "wait" });
  expect(runner.failure).toBeUndefined();
  await runner.close();
});

test("when threads keep dying, what waits and what comes is refused as model_unavailable", async () => {
  const runner = await runnerThatDies();
  for (let death = 0; death < 3; death++)
    await expect(encode(runner, 13)).rejects.toMatchObject({ code: "encode_failed" });
  const last = encode(runner, 13);
  const behind = last.catch(() => encode(runner, 1));
  await expect(last).rejects.toMatchObject({ code: "encode_failed" });
  await expect(behind).rejects.toMatchObject({ code: "model_unavailable" });
  await runner.close();
});

test("closing while a dead thread is being replaced still runs what waits", async () => {
  const runner = await runnerThatDies();
  const dying = encode(runner, 13);
  const behind = dying.catch(() => encode(runner, 1));
  await expect(dying).rejects.toMatchObject({ code: "encode_failed" });
  const closed = runner.close();
  await expect(behind).resolves.toBeDefined();
  await closed;
});

test.each([[[13]], [[13, 1]]])(
  "a device that goes away with the texts %j refuses them as model_unavailable, so that none is blamed, and says so",
  async (ids) => {
    const workerEntry = new URL("../../../test/fixtures/encoder/lost-device-worker.mjs", import.meta.url);
    const device = { ...SPEC, providers: ["webgpu"] };
    const runner = await batchRunner(device, { threads: 1, budget: CPU_BUDGET, padTokenId: 0, workerEntry });
    await expect(encode(runner, 1)).resolves.toBeDefined();
    expect(runner.failure).toBeUndefined();
    for (const result of await Promise.allSettled(ids.map((id) => encode(runner, id))))
      expect(result).toMatchObject({ status: "rejected", reason: { code: "model_unavailable", retry: "wait" } });
    await expect(encode(runner, 1)).rejects.toMatchObject({ message: /answers no more.*adapter was removed/ });
    expect(runner.failure).toMatchObject({ code: "model_unavailable" });
    await runner.close();
  },
);
