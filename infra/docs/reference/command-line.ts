import { PassThrough } from "node:stream";
import type { Command } from "commander";
import { makeProgram } from "../../../packages/cli/src/program.ts";
import { makeTerminal } from "../../../packages/cli/src/terminal.ts";

/** As wide as a pipe is taken to be. */
const COLUMNS = 100;

/** The help of every command, one after the other. */
export function commandLineReference(): string {
  const written: string[] = [];
  const stream = { columns: COLUMNS, write: (text: string) => written.push(text) };
  const program = makeProgram({
    env: {},
    pid: 0,
    nodeVersion: "",
    stdin: new PassThrough(),
    out: makeTerminal(stream, {}),
    err: makeTerminal(stream, {}),
    outStream: new PassThrough(),
    errStream: new PassThrough(),
    signals: { stop: new AbortController().signal, abandon: new AbortController().signal },
  });
  const sections = withInner(program).map(({ name, command }) => {
    written.length = 0;
    command.outputHelp();
    return `## ${name}\n\n\`\`\`text\n${written.join("").trimEnd()}\n\`\`\`\n`;
  });
  return `# Command line

What \`polyseme --help\` and the \`--help\` of each command print. Results go to standard output, everything else to standard
error; a command ends with 0 only when all that was asked is done.

${sections.join("\n")}`;
}

interface NamedCommand {
  readonly name: string;
  readonly command: Command;
}

function withInner(command: Command, above = ""): NamedCommand[] {
  const name = `${above}${command.name()}`;
  return [{ name, command }, ...command.commands.flatMap((inner) => withInner(inner, `${name} `))];
}
