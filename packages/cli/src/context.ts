import type { Readable, Writable } from "node:stream";
import type { StopSignals } from "@polyseme/core";
import type { Terminal } from "./terminal.ts";

/** What a command has of the process it runs in. */
export interface CliContext {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly pid: number;
  readonly nodeVersion: string;
  readonly stdin: Readable;
  /** Results. */
  readonly out: Terminal;
  /** Everything else. */
  readonly err: Terminal;
  /** The raw stream of `out`, for a protocol that has it to itself. */
  readonly outStream: Writable;
  /** The raw stream of `err`, for a progress bar. */
  readonly errStream: Writable;
  readonly signals: StopSignals;
}
