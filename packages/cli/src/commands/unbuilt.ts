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
  const keys = program.command("keys").description("Make, list and revoke API keys (not built yet)");
  for (const name of ["create", "list", "revoke"])
    keys
      .command(name)
      .description("not built yet")
      .option("--json", "print JSON")
      .allowUnknownOption()
      .allowExcessArguments()
      .action(() => {
        throw new NotBuiltYet(`polyseme keys ${name}`, "Set POLYSEME_API_KEYS to keys of your own, comma-separated.");
      });
}
