import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { BenchContext, Benchmark } from "./context.ts";
import { benchEncoder } from "./encoder.ts";
import { compareRatios, type Ratios } from "./guard-compare.ts";
import { benchPipeline } from "./pipeline.ts";
import { betterOf, median, type Figure } from "./report.ts";

const COMMITTED = fileURLToPath(new URL("guard.json", import.meta.url));

interface ShortForm {
  readonly name: string;
  readonly benchmark: Benchmark;
  readonly options: Readonly<Record<string, string | boolean>>;
  readonly runs: number;
}

/** Every ratio that these give is guarded; a benchmark joins by a line here and `--update`. */
const SHORT_FORMS: readonly ShortForm[] = [
  { name: "encoder", benchmark: benchEncoder, options: { seconds: "3", corpora: "sample" }, runs: 1 },
  { name: "pipeline", benchmark: benchPipeline, options: { seconds: "5", models: "int8", corpora: "sample" }, runs: 3 },
];

export const benchGuard: Benchmark = {
  about: "short forms of the others; exits 1 when a ratio is worse than the committed one by more than the tolerance",
  options: { update: { type: "boolean", help: "write the measured ratios to bench/guard.json instead of comparing" } },
  run: runGuard,
};

async function runGuard(context: BenchContext): Promise<Figure[]> {
  const ratios: Figure[] = [];
  for (const { name, benchmark, options, runs } of SHORT_FORMS) {
    const figures = await benchmark.run({ ...context, runs: context.runs ?? runs, options });
    for (const figure of figures)
      if (figure.kind === "ratio") ratios.push({ ...figure, name: `${name}: ${figure.name}` });
  }
  const measured: Ratios = Object.fromEntries(
    ratios.map((figure) => [figure.name, { value: median(figure.values), better: betterOf(figure) }]),
  );
  if (context.options["update"] === true) {
    await writeFile(COMMITTED, `${JSON.stringify(measured, null, 2)}\n`);
    context.log("bench/guard.json is rewritten");
  } else {
    const text = await readFile(COMMITTED, "utf8").catch((error: unknown) => {
      throw new Error("bench/guard.json cannot be read. On a quiet machine: npm run bench -- guard --update", {
        cause: error,
      });
    });
    const committed = JSON.parse(text) as Ratios;
    for (const fault of compareRatios(committed, measured)) context.fail(fault);
  }
  return ratios;
}
