import { renderTable } from "../table.ts";
import { plural, type Terminal } from "../terminal.ts";
import type { ExactComparison } from "./against-exact.ts";
import { showEstimate } from "./print-retrieval.ts";

/** A row for each collection: how much of the exact answer its searches find, and the time of both. */
export function printExact(
  comparisons: readonly ExactComparison[],
  { k, questions }: { k: number; questions: number },
  out: Terminal,
): void {
  const right = (title: string): { title: string; align: "right" } => ({ title, align: "right" });
  const columns = [
    { title: "collection" },
    { title: "searched" },
    right(`recall@${k} of exact`),
    right("wanted"),
    ...["p50 ms", "p99 ms", "exact p50", "exact p99"].map(right),
  ];
  const rows = comparisons.map(({ collection, indexed, recall, wanted, searchMs, exactMs }) => [
    collection,
    indexed ? "by HNSW" : "exactly",
    showEstimate(recall),
    wanted.toFixed(3),
    ...[searchMs.p50, searchMs.p99, exactMs.p50, exactMs.p99].map((ms) => ms.toFixed(1)),
  ]);
  for (const line of renderTable(columns, rows, out)) out.line(line);
  out.line();
  out.line(`${plural(questions, "question")}, chunks; 95 % interval in brackets; times without the encoding.`);
}
