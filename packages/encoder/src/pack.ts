import type { Lane } from "./types.ts";

export interface WaitingItem {
  readonly tokens: number;
  readonly arrivedMs: number;
  readonly lane: Lane;
  /** Lower ones first, those that are equal by arrival. */
  readonly order: number;
}

export interface BatchBudget {
  /** Most tokens of a batch with its padding: longest text × texts. */
  readonly maxTokens: number;
  readonly maxItems: number;
  /** Longest that the bulk lane goes without a batch while interactive texts keep coming. */
  readonly maxAgeMs: number;
  /** What starting one more run costs, in tokens of encoding: a text joins a batch only if its padding costs less. */
  readonly runCostTokens: number;
}

/**
 * int8 MiniLM on one core encodes 9.7k tokens/s at 8 × 32, 8.5k at 8 × 128, 7.4k at 4 × 256 and 5.6k at 16 × 256: past
 * about 1,000 tokens the activations leave the core's cache. The same figures (7.5k at 1 × 16) put a run's fixed cost
 * below 16 tokens. A run of 1,024 tokens also keeps an arriving query's wait near 0.1 s.
 */
export const CPU_BUDGET: BatchBudget = { maxTokens: 1024, maxItems: 64, maxAgeMs: 500, runCostTokens: 16 };
/** Runs on a device are few and large: its cores idle below some thousands of tokens, and starting a run costs more. */
export const GPU_BUDGET: BatchBudget = { maxTokens: 16_384, maxItems: 256, maxAgeMs: 500, runCostTokens: 512 };
/** Below this a batch runs at a visibly lower rate on CPU. */
const LEAST_SHARED_TOKENS = 256;

/**
 * The items of the next batch, a subset of `waiting`; empty only if nothing waits. The lane's first item by order
 * is always in it, so nothing starves; the others are those nearest to it in length. An item larger than the budget goes
 * alone. O(n log n) in the items waiting.
 * @param bulkServedMs when the bulk lane last had a batch, by the clock of `nowMs`
 */
export function takeBatch<T extends WaitingItem>(
  waiting: readonly T[],
  budget: BatchBudget,
  nowMs: number,
  bulkServedMs = -Infinity,
): T[] {
  const lane = nextLane(waiting, budget, nowMs, bulkServedMs);
  const items = waiting.filter((item) => item.lane === lane);
  const anchor = firstOf(items);
  return anchor === undefined ? [] : nearestInLength(items, anchor, budget);
}

/**
 * The budget when several workers are free: what waits is spread over them, as one full batch beside an idle worker
 * only takes longer.
 */
export function shareBudget(budget: BatchBudget, waitingTokens: number, freeWorkers: number): BatchBudget {
  const share = Math.ceil(waitingTokens / Math.max(1, freeWorkers));
  return { ...budget, maxTokens: Math.min(budget.maxTokens, Math.max(LEAST_SHARED_TOKENS, share)) };
}

/**
 * A bulk backlog is always old, so its age alone must not decide: interactive goes first unless bulk has been left
 * without a batch for maxAgeMs.
 */
function nextLane(waiting: readonly WaitingItem[], budget: BatchBudget, nowMs: number, bulkServedMs: number): Lane {
  if (!waiting.some(({ lane }) => lane === "interactive")) return "bulk";
  const oldestBulk = oldestOf(waiting.filter(({ lane }) => lane === "bulk"));
  if (oldestBulk === undefined) return "interactive";
  return nowMs - Math.max(oldestBulk.arrivedMs, bulkServedMs) > budget.maxAgeMs ? "bulk" : "interactive";
}

function oldestOf<T extends WaitingItem>(items: readonly T[]): T | undefined {
  let oldest = items[0];
  for (const item of items) if (oldest === undefined || item.arrivedMs < oldest.arrivedMs) oldest = item;
  return oldest;
}

function firstOf<T extends WaitingItem>(items: readonly T[]): T | undefined {
  let first = items[0];
  for (const item of items)
    if (
      first === undefined ||
      item.order < first.order ||
      (item.order === first.order && item.arrivedMs < first.arrivedMs)
    )
      first = item;
  return first;
}

/** Grows a window around the anchor in the order of length, each time by the neighbour that adds less padding. */
function nearestInLength<T extends WaitingItem>(items: readonly T[], anchor: T, budget: BatchBudget): T[] {
  const sorted = [...items].sort((a, b) => a.tokens - b.tokens || a.arrivedMs - b.arrivedMs);
  let low = sorted.indexOf(anchor);
  let high = low;
  let padding = 0;
  while (high - low + 1 < budget.maxItems) {
    const count = high - low + 1;
    const longest = sorted[high]?.tokens ?? 0;
    const padsWith = (neighbour: T | undefined): number => {
      const newLongest = Math.max(longest, neighbour?.tokens ?? Infinity);
      if (neighbour === undefined || newLongest * (count + 1) > budget.maxTokens) return Infinity;
      return newLongest - neighbour.tokens + (newLongest - longest) * count;
    };
    const shorterPads = padsWith(sorted[low - 1]);
    const longerPads = padsWith(sorted[high + 1]);
    padding += Math.min(shorterPads, longerPads);
    if (padding > budget.runCostTokens * count) break;
    if (longerPads <= shorterPads) high++;
    else low--;
  }
  return sorted.slice(low, high + 1);
}
