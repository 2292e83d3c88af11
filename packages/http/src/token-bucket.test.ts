import fc from "fast-check";
import { expect, test } from "vitest";
import { addressGroup } from "./address-group.ts";
import { makeBuckets, takeToken, type Bucket } from "./token-bucket.ts";

test("over any time no more is taken than the burst and what the rate gives, and after the wait there is one", () => {
  fc.assert(
    fc.property(
      fc.double({ min: 0.01, max: 1_000, noNaN: true }),
      fc.integer({ min: 1, max: 50 }),
      fc.array(fc.integer({ min: 0, max: 5_000 }), { maxLength: 200 }),
      (perSecond, burst, pausesMs) => {
        let bucket: Bucket | undefined;
        let [nowMs, taken] = [0, 0];
        for (const pauseMs of pausesMs) {
          nowMs += pauseMs;
          const next = takeToken(bucket, { perSecond, burst }, nowMs);
          bucket = next.bucket;
          if (next.waitMs === 0) taken += 1;
          else
            expect(takeToken(bucket, { perSecond, burst }, nowMs + next.waitMs + 0.001 / perSecond + 1e-6).waitMs).toBe(
              0,
            );
        }
        expect(taken).toBeLessThanOrEqual(burst + (nowMs / 1_000) * perSecond + 1e-6);
      },
    ),
  );
});

test("a clock that goes back gives nothing and takes nothing", () => {
  const { bucket } = takeToken(undefined, { perSecond: 1, burst: 2 }, 1_000);
  expect(takeToken(bucket, { perSecond: 1, burst: 2 }, 0).bucket.tokens).toBe(0);
});

test("buckets are bounded: the quietest is forgotten", () => {
  const buckets = makeBuckets(2, () => 0);
  const rate = { perSecond: 1, burst: 1 };
  expect(["a", "b", "a"].map((name) => buckets.take(name, rate))).toEqual([0, 0, 1_000]);
  buckets.take("c", rate);
  expect(buckets.take("a", rate)).toBe(1_000);
  expect(buckets.take("b", rate)).toBe(0);
});

test("an IPv6 address stands for its network, an IPv4 one for itself", () => {
  expect(addressGroup("10.0.0.1")).toBe("10.0.0.1");
  expect(addressGroup("::ffff:10.0.0.1")).toBe("10.0.0.1");
  expect(addressGroup("2001:DB8::1")).toBe("2001:db8:0:0");
  expect(addressGroup("2001:db8:1:2:3:4:5:6")).toBe("2001:db8:1:2");
  expect(addressGroup("fe80::1%eth0")).toBe("fe80:0:0:0");
  expect(addressGroup("::1")).toBe("0:0:0:0");
  expect(addressGroup("nonsense")).toBe("nonsense");
});
