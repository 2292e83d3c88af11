import type { Command } from "commander";
import { NotBuiltYet, type CliContext } from "../context.ts";

const UNBUILT = [{ name: "eval", what: "Measure search quality", instead: undefined }] as const;

/** Commands that have their name and place already and no code yet: they say so and fail. */
export function addUnbuilt(program: Command, _context: CliContext): void {
  for (const { name, what, instead } of UNBUILT)
    program
      .command(name)
      .description(`${what} (not built yet)`)
      .option("--json", "print JSON")
      .allowUnknownOption()
      .allowExcessArguments()
      .action(() => {
        throw new NotBuiltYet(`polyseme ${name}`, instead);
      });
}
