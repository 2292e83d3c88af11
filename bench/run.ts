import { mkdir, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import type { Servers } from "../infra/local/servers.ts";
import type { BenchOption, Benchmark } from "./context.ts";
import { benchClient } from "./client.ts";
import { benchEncoder } from "./encoder.ts";
import { describeMachine, serverVersions, showMachine, type Machine } from "./machine.ts";
import { benchGuard } from "./guard.ts";
import { benchMigrate } from "./migrate.ts";
import { benchPeers } from "./peers.ts";
import { benchFilters } from "./filters.ts";
import { benchFreshness } from "./freshness.ts";
import { benchIndex } from "./index-recall.ts";
import { benchLate } from "./late.ts";
import { benchLexical } from "./lexical.ts";
import { benchMemory } from "./memory.ts";
import { benchPipeline } from "./pipeline.ts";
import { benchPlumbing } from "./plumbing.ts";
import { benchPrepared } from "./prepared.ts";
import { benchPush } from "./push.ts";
import { benchRechunk } from "./rechunk.ts";
import { renderTable } from "./report.ts";
import { benchRerank } from "./rerank.ts";
import { benchTokens } from "./tokens.ts";
import { benchScale } from "./scale.ts";
import { benchSearch } from "./search.ts";
import { benchSections } from "./sections.ts";
import { benchSenses } from "./senses.ts";
import { openServers } from "./servers.ts";
import compilePrograms from "../test/support/compile.ts";

/** Each prints a table; ratios hold from machine to machine, absolute figures do not. */
const BENCHMARKS: Readonly<Record<string, Benchmark>> = {
  encoder: benchEncoder,
  pipeline: benchPipeline,
  peers: benchPeers,
  guard: benchGuard,
  plumbing: benchPlumbing,
  push: benchPush,
  client: benchClient,
  scale: benchScale,
  freshness: benchFreshness,
  rechunk: benchRechunk,
  migrate: benchMigrate,
  index: benchIndex,
  filters: benchFilters,
  search: benchSearch,
  rerank: benchRerank,
  prepared: benchPrepared,
  lexical: benchLexical,
  memory: benchMemory,
  tokens: benchTokens,
  late: benchLate,
  senses: benchSenses,
  sections: benchSections,
};

/** Run by name only: they install something, or repeat what others do. */
const ONLY_WHEN_ASKED = new Set(["peers", "guard"]);

const RESULTS = fileURLToPath(new URL("results", import.meta.url));
const SHARED = fileURLToPath(new URL("../../shared", import.meta.url));

const COMMON: Readonly<Record<string, BenchOption>> = {
  runs: { type: "string", help: "how often each figure is measured" },
  shared: { type: "string", help: "folder of open texts and models (default: ../shared)" },
  help: { type: "boolean", help: "this text" },
};

const log = (line: string): void => void process.stderr.write(`${line}\n`);

async function main(): Promise<void> {
  const declared: Record<string, BenchOption> = { ...COMMON };
  for (const { options } of Object.values(BENCHMARKS)) Object.assign(declared, options);
  const parsed = parseArgs({ allowPositionals: true, options: declared });
  const { positionals } = parsed;
  const values = parsed.values as Readonly<Record<string, string | boolean | undefined>>;
  if (values["help"] === true) {
    process.stdout.write(help());
    return;
  }
  const unknown = positionals.find((name) => !Object.hasOwn(BENCHMARKS, name));
  if (unknown !== undefined)
    throw new Error(`There is no benchmark "${unknown}". Benchmarks: ${Object.keys(BENCHMARKS).join(", ")}`);
  const names =
    positionals.length > 0 ? positionals : Object.keys(BENCHMARKS).filter((name) => !ONLY_WHEN_ASKED.has(name));

  let servers: Promise<Servers> | undefined;
  let forgetCompiled = (): Promise<void> => Promise.resolve();
  const undo: (() => Promise<unknown>)[] = [];
  const undoAll = async (): Promise<void> => {
    for (const one of undo.splice(0).reverse())
      await one().catch((error: unknown) => log(`cleaning up: ${String(error)}`));
  };
  const stopServers = async (): Promise<void> => {
    const started = servers;
    servers = undefined;
    await started?.then(
      ({ stop }) => stop(),
      () => undefined,
    );
  };
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
    process.once(signal, () => {
      void undoAll()
        .then(stopServers)
        .then(() => forgetCompiled())
        .finally(() => process.exit(1));
    });

  let machine = describeMachine();
  await mkdir(RESULTS, { recursive: true });
  // What users install is compiled; from source every start costs seconds, and every closure gets its name by a call.
  forgetCompiled = await compilePrograms();
  try {
    for (const name of names) {
      const benchmark = BENCHMARKS[name];
      if (benchmark === undefined) continue;
      try {
        const figures = await benchmark.run({
          log: (line) => log(`[${name}] ${line}`),
          runs: wholeNumber("runs", values["runs"]),
          options: values,
          sharedDir: typeof values["shared"] === "string" ? values["shared"] : SHARED,
          async servers() {
            servers ??= openServers(process.env, log);
            const opened = await servers;
            machine = { ...machine, versions: { ...machine.versions, ...(await serverVersions(opened)) } };
            return opened;
          },
          atEnd: (one) => void undo.push(one),
          fail(line) {
            log(`[${name}] FAILED: ${line}`);
            process.exitCode = 1;
          },
        });
        process.stdout.write(`\n${name} on ${showMachine(machine)}\n\n${renderTable(figures)}\n`);
        await writeResult(name, machine, values, figures);
      } finally {
        await undoAll();
      }
    }
  } finally {
    await stopServers();
    await forgetCompiled();
  }
}

async function writeResult(name: string, machine: Machine, options: object, figures: object): Promise<void> {
  const result = { benchmark: name, at: new Date().toISOString(), machine, options, figures };
  await writeFile(`${RESULTS}/${name}.json`, `${JSON.stringify(result, null, 2)}\n`);
}

function wholeNumber(name: string, given: string | boolean | undefined): number | undefined {
  if (given === undefined) return undefined;
  if (typeof given !== "string" || !/^[1-9]\d*$/.test(given))
    throw new Error(`--${name} must be a whole number above 0, not "${String(given)}".`);
  return Number(given);
}

function help(): string {
  const optionLines = (options: Benchmark["options"] = {}, indent: string): string =>
    Object.entries(options)
      .map(([name, { type, help: text }]) => `${indent}--${name}${type === "string" ? " X" : ""}  ${text}\n`)
      .join("");
  const benchmarks = Object.entries(BENCHMARKS)
    .map(([name, { about, options }]) => `  ${name.padEnd(10)} ${about}\n${optionLines(options, " ".repeat(13))}`)
    .join("");
  return `Usage: npm run bench -- [NAME ...] [options]\n\n${benchmarks}\n${optionLines(COMMON, "  ")}`;
}

try {
  await main();
} catch (error) {
  log(error instanceof Error ? (error.stack ?? error.message) : String(error));
  process.exitCode = 1;
}
