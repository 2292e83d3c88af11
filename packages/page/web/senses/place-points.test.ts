import fc from "fast-check";
import { expect, test } from "vitest";
import { placePoints } from "./place-points.ts";

const FRAME = { width: 640, height: 400, margin: 16 };
const place = fc.double({ noNaN: true, noDefaultInfinity: true, min: -50, max: 50 });

test("every point is inside the frame, from left to right, and none is lost", () => {
  fc.assert(
    fc.property(fc.array(fc.record({ x: place, y: place }), { maxLength: 30 }), (points) => {
      const placed = placePoints(points, FRAME);
      expect(new Set(placed.map(({ point }) => point))).toEqual(new Set(points));
      placed.forEach(({ x, y }, i) => {
        expect([x >= 15.99 && x <= 624.01, y >= 15.99 && y <= 384.01]).toEqual([true, true]);
        if (i > 0) expect(x).toBeGreaterThanOrEqual(placed[i - 1]?.x ?? Infinity);
      });
    }),
  );
});

test("distances keep their proportion in both directions, and up is up", () => {
  const [a, b, c] = placePoints(
    [
      { x: 0, y: 0 },
      { x: 1, y: 0 },
      { x: 1, y: 1 },
    ].slice(),
    FRAME,
  );
  expect((b?.x ?? 0) - (a?.x ?? 0)).toBeCloseTo((b?.y ?? 0) - (c?.y ?? 0), 9);
  expect(c?.y).toBeLessThan(b?.y ?? 0);
});

test("points as near to each other as numbers can be are inside too", () => {
  const placed = placePoints(
    [
      { x: -49.999999999783995, y: 0 },
      { x: -49.99999999966567, y: 0 },
    ],
    FRAME,
  );
  expect(placed.map(({ x }) => Math.round(x))).toEqual([16, 624]);
});

test("points in one place come into the middle", () => {
  const same = { x: 3, y: 3 };
  expect(placePoints([same, same], FRAME).map(({ x, y }) => [x, y])).toEqual([
    [320, 200],
    [320, 200],
  ]);
});
