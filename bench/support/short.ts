import type { BenchContext, BenchOption } from "../context.ts";

/** Of every benchmark that takes minutes: a form of about one minute, whose figures are coarser. */
export const SHORT: Readonly<Record<"short", BenchOption>> = {
  short: { type: "boolean", help: "less of everything, at most a minute or so" },
};

export function isShort(context: BenchContext): boolean {
  return context.options["short"] === true;
}
