import { Command, CommanderError } from "commander";
import { addAliases } from "./commands/aliases.ts";
import { addCollections } from "./commands/collections.ts";
import { addDemo } from "./commands/demo.ts";
import { addDoctor } from "./commands/doctor.ts";
import { addEval } from "./commands/eval.ts";
import { addExport } from "./commands/export.ts";
import { addFailures } from "./commands/failures.ts";
import { addImport } from "./commands/import.ts";
import { addIngest } from "./commands/ingest.ts";
import { addInspect } from "./commands/inspect.ts";
import { addKeys } from "./commands/keys.ts";
import { addMcp } from "./commands/mcp.ts";
import { addModels } from "./commands/models.ts";
import { addSearch } from "./commands/search.ts";
import { addSenses } from "./commands/senses.ts";
import { addServe } from "./commands/serve.ts";
import { addStatus } from "./commands/status.ts";
import type { CliContext } from "./context.ts";
import { VERSION } from "./version.ts";

const SERVER_HELP = `
Which server a command talks to: the one of --url or POLYSEME_URL; else the one that runs on the data folder
(POLYSEME_DATA_DIR, ./.polyseme); else the whole stack, started in the command's own process for as long as it takes.`;

/** All commands with their options and their help. */
export function makeProgram(context: CliContext): Command {
  const program = new Command("polyseme")
    .description("Push documents, get contextual vectors, search by meaning.")
    .version(VERSION)
    .showHelpAfterError("(--help shows what there is)")
    .addHelpText("after", SERVER_HELP);
  const adders = [
    addServe,
    addIngest,
    addSearch,
    addSenses,
    addInspect,
    addStatus,
    addCollections,
    addAliases,
    addExport,
    addImport,
    addFailures,
    addModels,
    addKeys,
    addEval,
    addMcp,
    addDoctor,
    addDemo,
  ];
  for (const add of adders) add(program, context);
  configureAll(program, context);
  return program;
}

/**
 * Runs one command line.
 * @returns the exit code of a command line that could not be understood, 0 otherwise
 * @throws what the command throws: its message says what to do next
 */
export async function runCli(argv: readonly string[], context: CliContext): Promise<number> {
  const program = makeProgram(context);
  try {
    await program.parseAsync(argv, { from: "user" });
    return 0;
  } catch (error) {
    // Commander has printed the help or what was wrong with the arguments.
    if (error instanceof CommanderError) return error.exitCode;
    throw error;
  }
}

/** Commander's own output goes where ours goes; it never ends the process. */
function configureAll(command: Command, context: CliContext): void {
  command.exitOverride().configureOutput({
    writeOut: (text) => {
      context.out.line(text.trimEnd());
    },
    writeErr: (text) => {
      context.err.line(text.trimEnd());
    },
    getOutHelpWidth: () => context.out.width(),
    getErrHelpWidth: () => context.err.width(),
    getOutHasColors: () => context.out.colors.isColorSupported,
    getErrHasColors: () => context.err.colors.isColorSupported,
  });
  for (const inner of command.commands) configureAll(inner, context);
}
