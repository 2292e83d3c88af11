import { LruMap } from "toad-cache";

/** A rate with room for a burst: `burst` at once, then `perSecond`. */
export interface Rate {
  readonly perSecond: number;
  readonly burst: number;
}

export interface Bucket {
  readonly tokens: number;
  readonly atMs: number;
}

/** Takes one token; `waitMs` is 0, or how long until there is one: then none was taken. A new bucket is full. */
export function takeToken(
  bucket: Bucket | undefined,
  { perSecond, burst }: Rate,
  nowMs: number,
): { readonly bucket: Bucket; readonly waitMs: number } {
  const gained = bucket === undefined ? burst : (Math.max(0, nowMs - bucket.atMs) / 1_000) * perSecond;
  const tokens = Math.min(burst, (bucket?.tokens ?? 0) + gained);
  if (tokens >= 1) return { bucket: { tokens: tokens - 1, atMs: nowMs }, waitMs: 0 };
  return { bucket: { tokens, atMs: nowMs }, waitMs: ((1 - tokens) / perSecond) * 1_000 };
}

/** Buckets by name, for this process alone. */
export interface Buckets {
  /** Milliseconds until there is a token again; 0: one was taken. */
  take(name: string, rate: Rate): number;
  /** Puts one back that was taken in advance. */
  giveBack(name: string): void;
}

/** @param most names at once; the one that was quiet longest is forgotten, and begins with a full bucket when it comes again */
export function makeBuckets(most: number, now: () => number): Buckets {
  const buckets = new LruMap<Bucket>(most);
  return {
    take(name, rate) {
      const { bucket, waitMs } = takeToken(buckets.get(name), rate, now());
      buckets.set(name, bucket);
      return waitMs;
    },
    giveBack(name) {
      const bucket = buckets.get(name);
      if (bucket !== undefined) buckets.set(name, { ...bucket, tokens: bucket.tokens + 1 });
    },
  };
}
