import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { findPromtool, promtool } from "./support/promtool.ts";
import { startEmbeddedStack, type TestStack } from "./support/stack.ts";

const path = (name: string): string => fileURLToPath(new URL(`../infra/observability/${name}`, import.meta.url));
const DASHBOARD = path("grafana/dashboards/polyseme.json");
const RULES = path("prometheus/polyseme.rules.yml");

const found = findPromtool();
if (found === undefined)
  process.stderr.write(
    "PROMTOOL NOT AVAILABLE: its checks are skipped; infra/observability/get-promtool.sh fetches it with apt\n",
  );
const tool = found ?? "";

interface Panel {
  readonly title: string;
  readonly targets?: { expr: string }[];
}
interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly labels: { severity: string };
  readonly annotations: { summary: string; runbook: string };
}

const readPanels = async (): Promise<Panel[]> =>
  (JSON.parse(await readFile(DASHBOARD, "utf8")) as { panels: Panel[] }).panels;
const readRules = async (): Promise<Rule[]> =>
  (parse(await readFile(RULES, "utf8")) as { groups: { rules: Rule[] }[] }).groups.flatMap(({ rules }) => rules);

/** Every expression of the dashboard, as Grafana would ask it. */
async function dashboardExpressions(): Promise<string[]> {
  const panels = await readPanels();
  return panels.flatMap(({ targets = [] }) =>
    targets.map(({ expr }) => expr.replaceAll("$__rate_interval", "5m").replaceAll("$job", ".+")),
  );
}

describe("what is measured", () => {
  let stack: TestStack;
  let metrics: string;
  beforeAll(async () => {
    stack = await startEmbeddedStack();
    const { ticket } = await stack.http.push("watched", [
      { id: "a", text: "A text." },
      { id: "b", text: "Another." },
    ]);
    await stack.http.settled(ticket);
    await stack.http.push("watched", [{ id: "a", text: "A text." }, { id: 7 }]);
    await stack.http.search("watched", { query: "a text" });
    // A counter of what a request cost moves when the answer is out, so what is read is the second answer.
    await stack.http.metric("polyseme_workers");
    metrics = await (await fetch(`${stack.http.url}/metrics`)).text();
  });
  afterAll(() => stack.stop());

  test("is there under every name that the dashboard and the alerts use", async () => {
    const names = new Set(
      [...metrics.matchAll(/^# TYPE (\S+) (\S+)$/gm)].flatMap(([, name = "", type]) => namesOf(name, type)),
    );
    const rules = await readRules();
    const expressions = [...(await dashboardExpressions()), ...rules.map(({ expr }) => expr)];
    const used = new Set(expressions.flatMap((expr) => expr.match(/\b(?:polyseme|nodejs|process)_[a-z0-9_]+/g) ?? []));
    expect(used.size).toBeGreaterThan(30);
    expect([...used].filter((name) => !names.has(name))).toEqual([]);
  });

  test("tells the documents by state, each stage's time, and what goes together", async () => {
    expect(await stack.http.metric("polyseme_documents")).toBe(2);
    expect(metrics).toContain('polyseme_documents{state="stored"} 2');
    for (const stage of STAGES)
      expect(metrics).toMatch(new RegExp(`^polyseme_stage_seconds_count\\{stage="${stage}"\\} [1-9]`, "m"));
    for (const group of ["ledger", "job", "write"])
      expect(metrics).toMatch(new RegExp(`^polyseme_group_documents_count\\{group="${group}"\\} [1-9]`, "m"));
    expect(metrics).toMatch(/^polyseme_build_info\{version="[\d.]+",service="all"\} 1$/m);
    const seconds = Number(/^polyseme_reconciler_last_success_timestamp_seconds (\S+)$/m.exec(metrics)?.[1]);
    expect(Math.abs(Date.now() / 1_000 - seconds)).toBeLessThan(60);
    expect(metrics).toMatch(/^polyseme_encoder_threads\{model="all-MiniLM-L6-v2",state="idle"\} [1-9]/m);
    expect(metrics).toMatch(/^polyseme_token_permits\{state="limit"\} 65536$/m);
    expect(metrics).toMatch(/^polyseme_inbox_jobs\{state="failed"\} 0$/m);
  });

  test("has labels of few values: routes, codes, states and stages, never an id", () => {
    expect(metrics).not.toMatch(/="watched"|="(a|b)"/);
    expect(metrics.split("\n").length).toBeLessThan(1_000);
  });

  test.skipIf(found === undefined)("is named as Prometheus wants it", () => {
    expect(promtool(tool, ["check", "metrics"], metrics)).toEqual({ ok: true, output: "" });
  });
});

describe("the dashboard and the alerts", () => {
  test("have a runbook in the documentation for each alert, and a severity", async () => {
    const page = await readFile(new URL("../docs/operating.md", import.meta.url), "utf8");
    const headings = [...page.matchAll(/^#+ (\S+)$/gm)].map(([, heading]) => heading);
    for (const { alert, annotations, labels } of await readRules()) {
      expect(headings).toContain(alert);
      expect(annotations.runbook).toBe(`docs/operating.md#${alert.toLowerCase()}`);
      expect(["warning", "critical"]).toContain(labels.severity);
    }
  });

  test("show each figure once, in panels that do not overlap", async () => {
    const panels = (await readPanels()) as (Panel & { id: number; gridPos: Record<"x" | "y" | "w" | "h", number> })[];
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, i) => `${x + (i % w)},${y + Math.floor(i / w)}`),
    );
    expect(new Set(cells).size).toBe(cells.length);
  });

  test.skipIf(found === undefined)("are read by Prometheus without a fault", async () => {
    expect(promtool(tool, ["check", "rules", RULES])).toMatchObject({ ok: true });
    const rules = (await dashboardExpressions()).map((expr, i) => ({ record: `panel:expression:${i}`, expr }));
    const folder = await mkdtemp(join(tmpdir(), "polyseme-panels-"));
    const file = join(folder, "panels.json");
    await writeFile(file, JSON.stringify({ groups: [{ name: "panels", rules }] }));
    const { ok, output } = promtool(tool, ["check", "rules", file]);
    await rm(folder, { recursive: true });
    expect([ok, output]).toEqual([true, expect.stringContaining(`${rules.length} rules found`)]);
    expect(promtool(tool, ["check", "config", "--syntax-only", path("prometheus/prometheus.yml")])).toMatchObject({
      ok: true,
    });
  });

  test.skipIf(found === undefined)("fire when they should, and not before", () => {
    const { ok, output } = promtool(tool, ["test", "rules", path("prometheus/polyseme.rules.test.yml")]);
    expect([ok, output]).toEqual([true, expect.stringContaining("SUCCESS")]);
  });
});

const STAGES = [
  "check",
  "ledger",
  "enqueue",
  "queue_wait",
  "claim",
  "tokenise",
  "encode_wait",
  "encode",
  "write",
  "search_encode",
  "search_sql",
];

/** The names of a metric's series. */
function namesOf(name: string, type = ""): string[] {
  if (type === "histogram") return [`${name}_bucket`, `${name}_sum`, `${name}_count`];
  return type === "summary" ? [name, `${name}_sum`, `${name}_count`] : [name];
}
