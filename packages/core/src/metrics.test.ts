import { expect, test } from "vitest";
import { makeMetrics } from "./metrics.ts";

test("no metric of a process breaks the conventions: counters alone end in _total, and each has a help text", async () => {
  const { registry } = makeMetrics({ processMetrics: true });
  for (const { name, type, help } of await registry.getMetricsAsJSON()) {
    expect([name, name.endsWith("_total")]).toEqual([name, String(type) === "counter"]);
    expect(help).not.toBe("");
  }
});
