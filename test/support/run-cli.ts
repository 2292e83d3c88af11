import { PassThrough } from "node:stream";
import { runCli } from "../../packages/cli/src/program.ts";
import { makeTerminal } from "../../packages/cli/src/terminal.ts";

/** The command line in this process, against a running server: how it ended and what it wrote. */
export async function runCliHere(argv: readonly string[]): Promise<{ code: number; out: string; err: string }> {
  const written = { out: "", err: "" };
  const stream = (name: "out" | "err") => ({ columns: 200, write: (text: string) => (written[name] += text) });
  const code = await runCli([...argv], {
    env: {},
    pid: process.pid,
    nodeVersion: process.version,
    stdin: new PassThrough(),
    out: makeTerminal(stream("out"), {}),
    err: makeTerminal(stream("err"), {}),
    outStream: new PassThrough(),
    errStream: new PassThrough(),
    signals: { stop: new AbortController().signal, abandon: new AbortController().signal },
  });
  return { code, ...written };
}
