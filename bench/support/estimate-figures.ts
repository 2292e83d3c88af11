import type { Estimate } from "../../packages/cli/src/eval/bootstrap.ts";
import type { Figure } from "../report.ts";

/** A mean and the ends of its interval, each as a figure of its own: a table's spread is one over runs, which this is not. */
export function estimateFigures(name: string, { mean, low, high }: Estimate): Figure[] {
  return [
    { name, unit: "mean", values: [mean] },
    { name: `${name}, 95 % interval from`, unit: "bootstrap", values: [low] },
    { name: `${name}, 95 % interval to`, unit: "bootstrap", values: [high] },
  ];
}
