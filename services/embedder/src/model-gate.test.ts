import { makeLog, PolysemeError } from "@polyseme/core";
import { expect, test, vi } from "vitest";
import { makeModelGate } from "./model-gate.ts";

const BROKEN = new PolysemeError("model_unavailable", "no model");

test("a model that does not run shuts the gate once, and it opens when the model runs again", async () => {
  vi.useFakeTimers();
  const acts: string[] = [];
  let tries = 0;
  const stop = new AbortController();
  const consumer = {
    drain: () => Promise.resolve(void acts.push("drain")),
    resume: () => Promise.resolve(void acts.push("resume")),
  };
  const works = (): Promise<void> => {
    tries += 1;
    return tries > 2 ? Promise.resolve() : Promise.reject(BROKEN);
  };
  const gate = makeModelGate({ consumer: () => consumer, works, log: makeLog("silent", "test") }, stop.signal);
  gate.shut(BROKEN);
  gate.shut(BROKEN);
  expect(gate.isShut).toBe(true);
  await vi.advanceTimersByTimeAsync(3_900);
  expect([tries, acts]).toEqual([2, ["drain"]]);
  await vi.advanceTimersByTimeAsync(200);
  expect([tries, acts, gate.isShut]).toEqual([3, ["drain", "resume"], false]);

  tries = 0;
  gate.shut(BROKEN);
  stop.abort();
  await vi.runAllTimersAsync();
  expect(acts).toEqual(["drain", "resume", "drain"]);
  vi.useRealTimers();
});
