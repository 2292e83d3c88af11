import { getEventListeners } from "node:events";
import { expect, test } from "vitest";
import { makeAbortListeners } from "./abort-listeners.ts";

const heldBy = (signal: AbortSignal): number => getEventListeners(signal, "abort").length;

test("a signal has one listener however many wait on it, and none when nobody does", () => {
  const { signal } = new AbortController();
  const listeners = makeAbortListeners();
  const forget = Array.from({ length: 100 }, () => listeners.add(signal, () => undefined));
  expect(heldBy(signal)).toBe(1);
  for (const one of forget.slice(1)) one();
  expect(heldBy(signal)).toBe(1);
  forget[0]?.();
  expect(heldBy(signal)).toBe(0);
  listeners.add(signal, () => undefined);
  expect(heldBy(signal)).toBe(1);
});

test("an abort is told to those that wait, in their order, but not to those that left, and to no other signal's", () => {
  const [one, other] = [new AbortController(), new AbortController()];
  const listeners = makeAbortListeners();
  const told: string[] = [];
  listeners.add(one.signal, () => {
    told.push("first");
    leaveWhileTold();
  });
  const leave = listeners.add(one.signal, () => told.push("left before"));
  const leaveWhileTold = listeners.add(one.signal, () => told.push("left meanwhile"));
  listeners.add(one.signal, () => told.push("last"));
  listeners.add(other.signal, () => told.push("of another"));
  leave();
  one.abort();
  expect(told).toEqual(["first", "last"]);
  expect(heldBy(one.signal)).toBe(0);
  expect(heldBy(other.signal)).toBe(1);
});
