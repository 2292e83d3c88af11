import { expect, test } from "vitest";
import { chartOf } from "./chart-path.ts";
import { readMetrics, valueOf } from "./read-metrics.ts";
import { KEPT_POINTS, pointOf, readingOfMetrics, withPoint } from "./reading.ts";

const TEXT = `# HELP polyseme_documents Documents
# TYPE polyseme_documents gauge
polyseme_documents{state="queued"} 5
polyseme_documents{state="embedding"} 2
polyseme_documents{state="stored"} 100
polyseme_encoder_tokens_total{kind="real"} 1e3
polyseme_encoder_tokens_total{kind="padded"} 1100
polyseme_backlog_seconds +Inf
polyseme_workers 1
not a line
`;

test("Prometheus text is read by name and labels, with what is infinite", () => {
  const samples = readMetrics(`${TEXT}odd{a="x\\"y",b="} 1"} 2\n`);
  expect(valueOf(samples, "polyseme_encoder_tokens_total", { kind: "real" })).toBe(1_000);
  expect(valueOf(samples, "polyseme_encoder_tokens_total")).toBe(2_100);
  expect(valueOf(samples, "polyseme_backlog_seconds")).toBe(Infinity);
  expect(valueOf(samples, "missing")).toBeUndefined();
  expect(samples.get("odd")).toEqual([{ labels: { a: 'x\\"y', b: "} 1" }, value: 2 }]);
});

test("rates are what came since the reading before, never below zero, and none at first", () => {
  const first = readingOfMetrics(TEXT, 1_000);
  const second = readingOfMetrics(TEXT.replace("} 100", "} 140").replace("1e3", "500"), 3_000);
  if (first === undefined || second === undefined) throw new Error("The text has documents.");
  expect(pointOf(undefined, first)).toMatchObject({ waiting: 5, inWork: 2, storedPerSecond: undefined });
  expect(pointOf(first, second)).toMatchObject({ storedPerSecond: 20, tokensPerSecond: 0, workers: 1 });
  expect(readingOfMetrics("polyseme_workers 1\n", 0)).toBeUndefined();
  const fresh = readingOfMetrics(TEXT.replaceAll(/^polyseme_encoder.*$/gm, ""), 0);
  expect(pointOf(fresh, first)).toMatchObject({ tokensPerSecond: 1_000 });
});

test("only so many moments are kept, the last ones", () => {
  const point = { waiting: 0, inWork: 0, storedPerSecond: 0, tokensPerSecond: 0, backlogSeconds: 0, workers: 0 };
  let points: ReturnType<typeof withPoint> = [];
  for (let atMs = 0; atMs < KEPT_POINTS + 5; atMs++) points = withPoint(points, { ...point, atMs });
  expect([points.length, points[0]?.atMs]).toEqual([KEPT_POINTS, 5]);
});

test("a chart's line breaks where nothing is known, and its top is a round number above all", () => {
  const chart = chartOf([0, 50, undefined, 37], { width: 300, height: 100 });
  expect(chart.top).toBe(50);
  expect(chart.lines).toEqual(["M0 100L100 0", "M300 26"]);
  expect(chartOf([Infinity, 1.2], { width: 10, height: 10 }).top).toBe(2);
  expect(chartOf([], { width: 10, height: 10 })).toEqual({ top: 1, lines: [] });
});
