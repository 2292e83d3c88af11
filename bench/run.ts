import { mkdir, writeFile } from "node:fs/promises";
import { availableParallelism, cpus, totalmem } from "node:os";
import { fileURLToPath } from "node:url";
import { benchEncoder } from "./encoder.ts";
import { benchPipeline } from "./pipeline.ts";
import { describeSpread, type Benchmark } from "./report.ts";

/** Each prints a table; ratios hold from machine to machine, absolute figures do not. */
const BENCHMARKS: Readonly<Record<string, Benchmark>> = { encoder: benchEncoder, pipeline: benchPipeline };

const RESULTS = fileURLToPath(new URL("results", import.meta.url));

const wanted = process.argv.slice(2).filter((name) => !name.startsWith("-"));
const unknown = wanted.find((name) => !Object.hasOwn(BENCHMARKS, name));
if (unknown !== undefined || process.argv.includes("--help")) {
  process.stderr.write(
    `${unknown === undefined ? "" : `There is no benchmark "${unknown}". `}Benchmarks: ${Object.keys(BENCHMARKS).join(", ")}\n`,
  );
  process.exit(unknown === undefined ? 0 : 1);
}

const machine = {
  cpu: cpus()[0]?.model ?? "unknown",
  cores: availableParallelism(),
  memoryGiB: Math.round(totalmem() / 2 ** 30),
  node: process.version,
};
process.stdout.write(`${machine.cpu}, ${machine.cores} cores, ${machine.memoryGiB} GiB, Node ${machine.node}\n`);
await mkdir(RESULTS, { recursive: true });
for (const name of wanted.length > 0 ? wanted : Object.keys(BENCHMARKS)) {
  const figures = await BENCHMARKS[name]?.((line) => process.stderr.write(`${line}\n`));
  process.stdout.write(`\n${name}\n`);
  for (const figure of figures ?? []) process.stdout.write(`  ${figure.name.padEnd(44)} ${describeSpread(figure)}\n`);
  await writeFile(
    `${RESULTS}/${name}.json`,
    `${JSON.stringify({ machine, at: new Date().toISOString(), figures }, null, 2)}\n`,
  );
}
