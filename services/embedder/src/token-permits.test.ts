import { setMaxListeners } from "node:events";
import type { Flow } from "@polyseme/core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { makeTokenPermits, type TokenPermits } from "./token-permits.ts";

/** Lets everything that is ready go on. */
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const forever = new AbortController().signal;
setMaxListeners(0, forever);
const oneFlow: Flow = { key: "a", weight: 1 };

interface Caller {
  readonly tokens: number;
  /** Gives back; undefined while it waits. */
  giveBack?: () => void;
  refusal?: unknown;
}

function call(permits: TokenPermits, tokens: number, signal = forever, flow = oneFlow): Caller {
  const caller: Caller = { tokens };
  permits.take(tokens, flow, signal).then(
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

describe("several flows", () => {
  const flowOf = (key: string, weight = 1): Flow => ({ key, weight });

  /** Admits one after the other whoever is next; answers their flows and orders in that turn. */
  async function served(permits: TokenPermits, wanted: readonly { flow: Flow; tokens: number }[], bound: number) {
    // Holds all tokens until everyone waits.
    const giveFirstBack = await permits.take(bound, flowOf("first"), forever);
    const turn: string[] = [];
    const all = wanted.map(async ({ flow, tokens }) => {
      const giveBack = await permits.take(tokens, flow, forever);
      turn.push(flow.key);
      await settle();
      giveBack();
    });
    giveFirstBack();
    await Promise.all(all);
    return turn;
  }

  test("take turns, so that ten texts do not wait for a thousand of another collection that came before", async () => {
    const wanted = [
      ...Array.from({ length: 1_000 }, () => ({ flow: flowOf("large"), tokens: 10 })),
      ...Array.from({ length: 10 }, () => ({ flow: flowOf("small"), tokens: 10 })),
    ];
    const turn = await served(makeTokenPermits(10), wanted, 10);
    expect(turn.lastIndexOf("small")).toBeLessThanOrEqual(20);
  });

  test("are served in proportion to their weights, whatever their texts cost", async () => {
    const flow = fc.record({ weight: fc.integer({ min: 1, max: 10 }), tokens: fc.integer({ min: 1, max: 9 }) });
    await fc.assert(
      fc.asyncProperty(fc.array(flow, { minLength: 2, maxLength: 4 }), async (flows) => {
        const texts = 60;
        const wanted = flows.flatMap(({ weight, tokens }, i) =>
          Array.from({ length: texts }, () => ({ flow: flowOf(String(i), weight), tokens })),
        );
        const turn = await served(makeTokenPermits(9), wanted, 9);
        const had = flows.map(() => 0);
        for (const key of turn) {
          had[Number(key)] = (had[Number(key)] ?? 0) + 1;
          if (had.includes(texts)) break;
          const normal = flows.map(({ weight, tokens }, i) => ((had[i] ?? 0) * tokens) / weight);
          const slack = Math.max(...flows.map(({ weight, tokens }) => tokens / weight));
          expect(Math.max(...normal) - Math.min(...normal)).toBeLessThanOrEqual(2 * slack + 1e-9);
        }
      }),
      { numRuns: 50 },
    );
  });

  test("gain nothing by having been away", async () => {
    const permits = makeTokenPermits(10);
    const turn: string[] = [];
    let giveBack = (): void => undefined;
    const call = (count: number, key: string): void => {
      for (let i = 0; i < count; i += 1)
        void permits.take(10, flowOf(key), forever).then((give) => {
          turn.push(key);
          giveBack = give;
        });
    };
    const next = async (times: number): Promise<void> => {
      for (let i = 0; i < times; i += 1) {
        giveBack();
        await settle();
      }
    };
    call(10, "busy");
    await settle();
    await next(3);
    call(4, "late");
    await next(8);
    expect(turn.slice(0, 4)).toEqual(Array(4).fill("busy"));
    expect(turn.slice(4, 10).filter((key) => key === "late")).toHaveLength(3);
  });
});

describe("a caller who is aborted", () => {
  test("before it asks is refused with the signal's reason and takes nothing", async () => {
    const permits = makeTokenPermits(10);
    const reason = new Error("stop");
    await expect(permits.take(10, oneFlow, AbortSignal.abort(reason))).rejects.toBe(reason);
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
