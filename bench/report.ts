/** One measured quantity over several runs. */
export interface Figure {
  readonly name: string;
  readonly unit: string;
  readonly values: readonly number[];
}

/** Runs and answers its figures; progress goes to `log`. */
export type Benchmark = (log: (line: string) => void) => Promise<Figure[]>;

/** Median with least and most, in the figure's unit. */
export function describeSpread({ values, unit }: Figure): string {
  const sorted = [...values].sort((a, b) => a - b);
  const show = (value: number | undefined): string =>
    value === undefined ? "-" : value < 10 ? value.toFixed(3) : Math.round(value).toLocaleString("en");
  return `${show(median(sorted))} ${unit}  (${show(sorted[0])} to ${show(sorted.at(-1))}, ${values.length} runs)`;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? NaN)) / 2;
}
