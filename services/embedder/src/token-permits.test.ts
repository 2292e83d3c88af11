import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { makeTokenPermits, type TokenPermits } from "./token-permits.ts";

/** Lets everything that is ready go on. */
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const forever = new AbortController().signal;

interface Caller {
  readonly tokens: number;
  /** Gives back; undefined while it waits. */
  giveBack?: () => void;
  refusal?: unknown;
}

function call(permits: TokenPermits, tokens: number, signal = forever): Caller {
  const caller: Caller = { tokens };
  permits.take(tokens, signal).then(
    (giveBack) => (caller.giveBack = giveBack),
    (error: unknown) => (caller.refusal = error),
  );
  return caller;
}

const admitted = (callers: readonly Caller[]): boolean[] => callers.map(({ giveBack }) => giveBack !== undefined);

describe("a bound of tokens", () => {
  test("admits callers up to it and lets the next one wait until there is room", async () => {
    const permits = makeTokenPermits(10);
    const callers = [6, 4, 1].map((tokens) => call(permits, tokens));
    await settle();
    expect(admitted(callers)).toEqual([true, true, false]);
    callers[1]?.giveBack?.();
    await settle();
    expect(admitted(callers)).toEqual([true, true, true]);
  });

  test("admits one that is larger than it only alone", async () => {
    const permits = makeTokenPermits(10);
    const callers = [1, 50, 1].map((tokens) => call(permits, tokens));
    await settle();
    expect(admitted(callers)).toEqual([true, false, false]);
    callers[0]?.giveBack?.();
    await settle();
    expect(admitted(callers)).toEqual([true, true, false]);
    callers[1]?.giveBack?.();
    await settle();
    expect(admitted(callers)).toEqual([true, true, true]);
  });

  test("serves first come first: a small one does not pass a large one that waits", async () => {
    const permits = makeTokenPermits(10);
    const callers = [8, 9, 1].map((tokens) => call(permits, tokens));
    await settle();
    expect(admitted(callers)).toEqual([true, false, false]);
    callers[0]?.giveBack?.();
    await settle();
    expect(admitted(callers)).toEqual([true, true, true]);
  });

  test("is never exceeded by several, and everyone is served in order, whatever they take and when they give back", async () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant("take" as const), tokens: fc.integer({ min: 1, max: 30 }) }),
      fc.record({ kind: fc.constant("give" as const), which: fc.nat() }),
      fc.record({ kind: fc.constant("abort" as const), which: fc.nat() }),
    );
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 40 }), fc.array(step, { maxLength: 40 }), async (bound, steps) => {
        const permits = makeTokenPermits(bound);
        const all: (Caller & { readonly abort: AbortController })[] = [];
        const working = new Set<Caller>();
        const gone = new Set<Caller>();
        const isWaiting = (caller: Caller): boolean => caller.giveBack === undefined && !gone.has(caller);
        const give = (caller: Caller | undefined): void => {
          if (caller?.giveBack === undefined) return;
          working.delete(caller);
          gone.add(caller);
          caller.giveBack();
        };
        const look = async (): Promise<void> => {
          await settle();
          for (const caller of all) if (caller.giveBack !== undefined && !gone.has(caller)) working.add(caller);
          const taken = [...working].reduce((sum, { tokens }) => sum + tokens, 0);
          if (working.size > 1) expect(taken).toBeLessThanOrEqual(bound);
          // First come first: whoever waits came after everyone who works, and the first of them does not fit.
          const waiting = all.filter(isWaiting);
          const firstWaiting = waiting[0];
          if (firstWaiting === undefined) return;
          for (const caller of all.slice(all.indexOf(firstWaiting))) expect(working.has(caller)).toBe(false);
          expect(working.size).toBeGreaterThan(0);
          expect(taken + firstWaiting.tokens).toBeGreaterThan(bound);
        };
        for (const one of steps) {
          if (one.kind === "take") {
            const abort = new AbortController();
            all.push(Object.assign(call(permits, one.tokens, abort.signal), { abort }));
          } else if (one.kind === "give") give([...working][one.which % working.size]);
          else {
            const waiting = all.filter(isWaiting);
            const unlucky = waiting[one.which % waiting.length];
            if (unlucky !== undefined) {
              unlucky.abort.abort(new Error("stop"));
              gone.add(unlucky);
            }
          }
          await look();
        }
        for (let rounds = 0; working.size > 0 && rounds <= all.length; rounds += 1) {
          give([...working][0]);
          await look();
        }
        expect(all.filter(isWaiting)).toEqual([]);
      }),
      { numRuns: 200 },
    );
  });
});

describe("a caller who is aborted", () => {
  test("before it asks is refused with the signal's reason and takes nothing", async () => {
    const permits = makeTokenPermits(10);
    const reason = new Error("stop");
    await expect(permits.take(10, AbortSignal.abort(reason))).rejects.toBe(reason);
    const next = call(permits, 10);
    await settle();
    expect(next.giveBack).toBeDefined();
  });

  test("while it waits is refused with the reason, and lets those behind it in", async () => {
    const permits = makeTokenPermits(10);
    const abort = new AbortController();
    const first = call(permits, 6);
    const large = call(permits, 10, abort.signal);
    const [small, smaller, another] = [3, 1, 1].map((tokens) => call(permits, tokens));
    await settle();
    expect(admitted([first, large, small, smaller, another] as Caller[])).toEqual([true, false, false, false, false]);
    const reason = new Error("stop");
    abort.abort(reason);
    await settle();
    expect(large.refusal).toBe(reason);
    expect(admitted([small, smaller, another] as Caller[])).toEqual([true, true, false]);
  });

  test("after it was admitted keeps its tokens until it gives them back", async () => {
    const permits = makeTokenPermits(10);
    const abort = new AbortController();
    const first = call(permits, 5, abort.signal);
    const waiting = call(permits, 6);
    await settle();
    abort.abort();
    await settle();
    expect(first.refusal).toBeUndefined();
    expect(waiting.giveBack).toBeUndefined();
    first.giveBack?.();
    await settle();
    expect(waiting.giveBack).toBeDefined();
  });

  test("after it waited and was admitted does not cost another its place", async () => {
    const permits = makeTokenPermits(10);
    const abort = new AbortController();
    const first = call(permits, 10);
    const second = call(permits, 10, abort.signal);
    const third = call(permits, 10);
    await settle();
    first.giveBack?.();
    await settle();
    expect(admitted([second, third])).toEqual([true, false]);
    abort.abort(new Error("stop"));
    second.giveBack?.();
    await settle();
    expect(third.giveBack).toBeDefined();
  });

  test("together with all others who wait leaves an empty queue", async () => {
    const permits = makeTokenPermits(10);
    const abort = new AbortController();
    const first = call(permits, 10);
    const waiting = [3, 4, 5].map((tokens) => call(permits, tokens, abort.signal));
    abort.abort(new Error("stop"));
    await settle();
    expect(waiting.map(({ refusal }) => refusal)).toEqual(Array(3).fill(abort.signal.reason));
    first.giveBack?.();
    const next = call(permits, 10);
    await settle();
    expect(next.giveBack).toBeDefined();
  });
});
