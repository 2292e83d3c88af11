import { writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runMain } from "@polyseme/core";
import { HELP, readOptions } from "./options.ts";
import { runRandom, type RunReport } from "./random-run.ts";
import { measureRecovery } from "./recovery.ts";
import { runSteps } from "./step-run.ts";
import { STEPS } from "./steps.ts";

const say = (line: string): void => void process.stdout.write(`${line}\n`);

await runMain(
  process,
  (line) => process.stderr.write(`${line}\n`),
  async ({ stop: signal }) => {
    const options = readOptions(process.argv.slice(2), 1 + Math.floor(Math.random() * 1_000_000));
    switch (options.what) {
      case "help":
        say(HELP);
        return;
      case "list":
        for (const [index, { name, what }] of STEPS.entries()) say(`${index + 1}. ${name}: ${what}`);
        return;
      case "steps":
        await runSteps({ ...options, signal, say });
        return;
      case "recovery":
        await measureRecovery({ ...options, signal, say });
        return;
      case "random":
        break;
      default:
        throw new Error(`Unknown task ${String(options.what satisfies never)}`);
    }
    const reports: RunReport[] = [];
    for (let run = 0; run < options.runs && !signal.aborted; run += 1) {
      const seed = options.seed + run;
      say(`run ${run + 1} of ${options.runs}, seed ${seed}`);
      const report = await runRandom({ ...options, seed, signal, note: (line) => say(`  ${line}`) });
      reports.push(report);
      await sayReport(report);
    }
    signal.throwIfAborted();
    sayTotals(reports);
    if (reports.some(({ breaches }) => breaches.length > 0)) throw new Error("Not everything held; see above.");
  },
);

// Everything has ended by now; nothing that Node lost track of may hold the process.
process.exit();

async function sayReport(report: RunReport): Promise<void> {
  const { seed, breaches, stored, failed, open, seconds, settleSeconds, lostAnswers, requests, plan, logs } = report;
  say(
    `  ${breaches.length === 0 ? "held" : "BROKEN"}: ${stored} stored, ${failed} failed, ${open} with an open end, ` +
      `${requests} requests, ${lostAnswers} without an answer; settled ${settleSeconds.toFixed(1)} s after the last fault, ${seconds.toFixed(0)} s in all`,
  );
  if (breaches.length === 0) return;
  const file = join(tmpdir(), `polyseme-faults-seed-${seed}.log`);
  await writeFile(file, [...logs].map(([name, log]) => `== ${name}\n${log}`).join("\n"));
  say(`  plan of seed ${seed}:\n${plan}\n  logs: ${file}`);
  for (const { kind, what } of breaches.slice(0, 30)) say(`  ${kind}: ${what}`);
  if (breaches.length > 30) say(`  and ${breaches.length - 30} more`);
}

function sayTotals(reports: readonly RunReport[]): void {
  const count = (kind: string): number =>
    reports.reduce((sum, { breaches }) => sum + breaches.filter((breach) => breach.kind === kind).length, 0);
  const sum = (value: (report: RunReport) => number): number => reports.reduce((all, one) => all + value(one), 0);
  const settle = reports.map(({ settleSeconds }) => settleSeconds).sort((a, b) => a - b);
  say(
    `${reports.length} runs, ${sum(({ stored }) => stored)} stored, ${sum(({ failed }) => failed)} failed with a code, ` +
      `${sum(({ open }) => open)} with an open end: ` +
      `${count("lost") + count("pending")} lost, ${count("doubled")} doubled, ${count("stale") + count("undead")} stale, ` +
      `${count("counts") + count("ticket") + count("search")} wrong counts, tickets or searches, ` +
      `${count("answer")} unexcused answers, ${count("crash")} crashes; ` +
      `slowest to settle ${(settle.at(-1) ?? 0).toFixed(1)} s after its last fault`,
  );
}
