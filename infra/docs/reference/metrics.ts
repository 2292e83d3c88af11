import { makeBacklogGauges, makeDocumentsGauge, makeMetrics } from "@polyseme/core";
import { code, plain, table } from "./markdown-text.ts";

/** Every metric of ours: what a registry holds when all of them have been made. */
export function metricsReference(): string {
  const { registry } = makeMetrics({ processMetrics: false });
  makeBacklogGauges(registry);
  makeDocumentsGauge(registry);
  const rows = registry
    .getMetricsAsArray()
    .map((metric) => ({ ...metric, labels: labelsOf(metric) }))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map(({ name, type, labels, help }) => [code(name), String(type), labels.map(code).join(", "), plain(help)]);
  return `# Metrics

What \`GET /metrics\` answers in the text format of Prometheus, beside the usual ones of Node and of the process. Which of them
to look at, and what to do about each alert: [Operating](../operating.md).

${table(["metric", "type", "labels", "meaning"], rows)}
`;
}

function labelsOf(metric: object): readonly string[] {
  const found: unknown = "labelNames" in metric ? metric.labelNames : [];
  return Array.isArray(found) ? found.map(String) : [];
}
