import { runMain } from "@polyseme/core";
import { runCli } from "./program.ts";
import { makeTerminal } from "./terminal.ts";

// `polyseme … | head` closes the pipe early: that is no error of ours.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(0);
  throw error;
});

await runMain(
  process,
  (line) => process.stderr.write(`${line}\n`),
  async (signals) => {
    const exitCode = await runCli(process.argv.slice(2), {
      env: process.env,
      pid: process.pid,
      nodeVersion: process.versions.node,
      stdin: process.stdin,
      out: makeTerminal(process.stdout, process.env),
      err: makeTerminal(process.stderr, process.env),
      outStream: process.stdout,
      errStream: process.stderr,
      signals,
    });
    if (exitCode !== 0) process.exitCode = exitCode;
  },
);
