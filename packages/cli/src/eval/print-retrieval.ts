import { renderTable } from "../table.ts";
import { plural, type Terminal } from "../terminal.ts";
import type { Estimate } from "./bootstrap.ts";
import type { MeasuredSetting, RetrievalReport } from "./retrieval.ts";
import { MEASURES, titleOf, type Estimates } from "./score-rankings.ts";
import { nameOfSetting } from "./settings.ts";

/** A row for each setting, and below it a row for each difference from the first. */
export function printRetrieval(report: RetrievalReport, out: Terminal): void {
  const { settings, k, group } = report;
  const measured = MEASURES.map((measure) => ({ title: titleOf(measure, k), align: "right" }) as const);
  const columns = [{ title: "setting" }, ...measured, ...LATENCIES];
  for (const line of renderTable(columns, settings.map(rowOf), out)) out.line(line);
  const others = settings.flatMap((one) =>
    one.difference === undefined ? [] : [{ ...one, difference: one.difference }],
  );
  if (others.length > 0) {
    out.line();
    const title = `against ${settings[0] === undefined ? "" : nameOfSetting(settings[0].setting)}`;
    const rows = others.map(({ setting, difference }) => [
      nameOfSetting(setting),
      ...cells(difference, showDifference),
    ]);
    for (const line of renderTable([{ title }, ...measured], rows, out)) out.line(line);
  }
  out.line();
  out.line(
    `${plural(report.questions, "question")}, ${group === "chunk" ? "places in chunks" : "documents"}; 95 % intervals in brackets.`,
  );
}

/** What a reader of the table should know besides, a line each. */
export function retrievalNotes({ withoutRelevant, withoutPlace, settings, questions }: RetrievalReport): string[] {
  const left = (count: number, why: string): string[] =>
    count === 0 ? [] : [`Left out: ${plural(count, "question")} ${why}.`];
  return [
    ...left(withoutRelevant, "without a relevant document"),
    ...left(withoutPlace, "that do not say where the answer stands"),
    ...settings
      .filter(({ nothingFound }) => nothingFound === questions)
      .map(
        ({ setting }) =>
          `${nameOfSetting(setting)}: nothing relevant was found for any question. Are the document ids of the labels those of the collection?`,
      ),
  ];
}

const LATENCIES = [
  { title: "p50 ms", align: "right" },
  { title: "p99 ms", align: "right" },
] as const;

function rowOf({ setting, measures, latencyMs }: MeasuredSetting): string[] {
  return [nameOfSetting(setting), ...cells(measures, showEstimate), latencyMs.p50.toFixed(0), latencyMs.p99.toFixed(0)];
}

function cells(estimates: Estimates, show: (estimate: Estimate) => string): string[] {
  return MEASURES.map((measure) => show(estimates[measure]));
}

/** `0.944 [0.932, 0.955]` */
export function showEstimate({ mean, low, high }: Estimate): string {
  return `${mean.toFixed(3)} [${low.toFixed(3)}, ${high.toFixed(3)}]`;
}

/** `+0.012 [-0.003, +0.027]` */
export function showDifference({ mean, low, high }: Estimate): string {
  return `${signed(mean)} [${signed(low)}, ${signed(high)}]`;
}

function signed(value: number): string {
  return `${value < 0 ? "" : "+"}${value.toFixed(3)}`;
}
