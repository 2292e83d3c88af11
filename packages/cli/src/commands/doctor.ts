import { readConfig } from "@polyseme/core";
import type { Command } from "commander";
import type { CliContext } from "../context.ts";
import { runChecks, type CheckResult } from "../doctor-checks.ts";

/** `polyseme doctor`: what a start needs, one by one. */
export function addDoctor(program: Command, context: CliContext): void {
  program
    .command("doctor")
    .description("Check this machine and its settings, and say what to do about what is wrong")
    .option("--json", "print JSON")
    .action(async ({ json }: { json?: true }) => {
      const { out } = context;
      const results: CheckResult[] = [];
      for await (const result of runChecks(readConfig(context.env), context)) {
        results.push(result);
        if (json === true) continue;
        const mark = result.ok ? out.colors.green("✓") : out.colors.red("✗");
        out.line(`${mark} ${out.colors.bold(result.name)}: ${result.found}`);
        if (result.next !== undefined) out.line(`  → ${result.next}`);
      }
      const failed = results.filter(({ ok }) => !ok);
      if (json === true) out.json({ ok: failed.length === 0, checks: results });
      if (failed.length > 0) throw new Error(`Not in order: ${failed.map(({ name }) => name).join(", ")}. See above.`);
    });
}
