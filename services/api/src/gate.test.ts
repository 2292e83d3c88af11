import { expect, test } from "vitest";
import { makeGate } from "./gate.ts";

const never = new AbortController().signal;

test("so many are inside at once, the others follow in their order", async () => {
  const gate = makeGate(2);
  const ends: (() => void)[] = [];
  const begun: number[] = [];
  const all = [0, 1, 2, 3].map((number) =>
    gate.pass(() => {
      begun.push(number);
      return new Promise<void>((resolve) => ends.push(resolve));
    }, never),
  );
  await Promise.resolve();
  expect(begun).toEqual([0, 1]);
  ends[1]?.();
  await all[1];
  await Promise.resolve();
  expect(begun).toEqual([0, 1, 2]);
  ends[0]?.();
  await all[0];
  ends[2]?.();
  await all[2];
  await Promise.resolve();
  ends[3]?.();
  await all[3];
  expect(begun).toEqual([0, 1, 2, 3]);
});

test("who gives up while waiting takes no place, and who fails gives his back", async () => {
  const gate = makeGate(1);
  let end: () => void = () => undefined;
  const first = gate.pass(() => new Promise<void>((resolve) => (end = resolve)), never);
  const gone = new AbortController();
  const second = gate.pass(() => Promise.resolve("second"), gone.signal);
  const third = gate.pass(() => Promise.reject(new Error("third")), never);
  const fourth = gate.pass(() => Promise.resolve("fourth"), never);
  gone.abort(new Error("given up"));
  await expect(second).rejects.toThrow("given up");
  end();
  await first;
  await expect(third).rejects.toThrow("third");
  expect(await fourth).toBe("fourth");
});
