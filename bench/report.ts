/** One measured quantity over several runs. */
export interface Figure {
  readonly name: string;
  /** "tokens/s", "ms", "MB" ...; for ratios what is divided by what. */
  readonly unit: string;
  /** One value a run, in the order of the runs. */
  readonly values: readonly number[];
  /**
   * "ratio": both sides were measured in one invocation on one machine, so it may be compared with other machines and days
   * (the guard does). Anything else is "absolute", the default: true of this machine in this hour only.
   */
  readonly kind?: "ratio" | "absolute";
  /** The target; the table shows whether the median reaches it. It never decides the exit code. */
  readonly reach?: Reach;
  /** Which way is good, where there is no target to tell. */
  readonly better?: "higher" | "lower";
}

export type Reach = { readonly atLeast: number } | { readonly atMost: number };

export interface Spread {
  readonly median: number;
  readonly least: number;
  readonly most: number;
  readonly runs: number;
}

export function spreadOf(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b);
  return { median: median(sorted), least: sorted[0] ?? NaN, most: sorted.at(-1) ?? NaN, runs: sorted.length };
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? NaN)) / 2;
}

/** The value below which a share `p` (0 to 1) of the values lies, by the nearest rank. */
export function percentile(values: readonly number[], p: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(p * sorted.length) - 1))] ?? NaN;
}

/** Whether the median reaches the target; undefined: there is none, or nothing was measured. */
export function isReached({ values, reach }: Pick<Figure, "values" | "reach">): boolean | undefined {
  if (reach === undefined || values.length === 0) return undefined;
  return "atLeast" in reach ? median(values) >= reach.atLeast : median(values) <= reach.atMost;
}

/** Whether more or less is good: as said, else by the target, else more. */
export function betterOf({ better, reach }: Pick<Figure, "better" | "reach">): "higher" | "lower" {
  return better ?? (reach !== undefined && "atMost" in reach ? "lower" : "higher");
}

const HEAD = ["figure", "median", "unit", "min to max", "runs", "target", ""] as const;
const RIGHT_ALIGNED = new Set<string>(["median", "runs"]);

/** The figures as lines of aligned text. */
export function renderTable(figures: readonly Figure[]): string {
  const rows = [[...HEAD], ...figures.map(rowOf)];
  const widths = HEAD.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map((row) =>
      row
        .map((cell, column) =>
          RIGHT_ALIGNED.has(HEAD[column] ?? "") ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0),
        )
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

function rowOf(figure: Figure): string[] {
  const { median: middle, least, most, runs } = spreadOf(figure.values);
  const reached = isReached(figure);
  return [
    figure.name,
    showNumber(middle),
    figure.unit,
    runs > 1 ? `${showNumber(least)} to ${showNumber(most)}` : "",
    String(runs),
    figure.reach === undefined ? "" : showReach(figure.reach),
    reached === undefined ? "" : reached ? "ok" : "short",
  ];
}

function showReach(reach: Reach): string {
  return "atLeast" in reach ? `>= ${showNumber(reach.atLeast)}` : `<= ${showNumber(reach.atMost)}`;
}

/** Three digits or so: what noise leaves of a measurement. */
export function showNumber(value: number): string {
  if (!Number.isFinite(value)) return "-";
  const size = Math.abs(value);
  if (size >= 100) return Math.round(value).toLocaleString("en");
  if (size >= 10) return value.toFixed(1);
  return value.toFixed(3);
}
