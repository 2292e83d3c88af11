import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { processStart } from "@polyseme/core";
import type { Account } from "./command.ts";

/** A process that is told apart from a later one with the same number by the moment it began. */
export interface ProcessIdentity {
  readonly pid: number;
  readonly startedAt: string;
}

/** Signals to try one after the other, each with the time the process gets to end. */
export type StopSignals = readonly (readonly [signal: NodeJS.Signals, withinMs: number])[];

/** Starts a program that outlives its starter, with its output in a file. */
export async function spawnDetached(
  command: string,
  args: readonly string[],
  options: { readonly logFile: string; readonly cwd: string; readonly account: Account | undefined },
): Promise<ProcessIdentity> {
  const log = openSync(options.logFile, "a");
  try {
    const child = spawn(command, args, {
      detached: true,
      stdio: ["ignore", log, log],
      cwd: options.cwd,
      ...options.account,
    });
    await once(child, "spawn");
    child.unref();
    const pid = child.pid ?? 0;
    // A process that is gone already gets a moment that no process has, so that it counts as ended.
    return { pid, startedAt: (await processStart(pid)) ?? "ended" };
  } finally {
    closeSync(log);
  }
}

/** Whether exactly this process still runs. */
export async function isRunning(identity: ProcessIdentity): Promise<boolean> {
  return (await processStart(identity.pid)) === identity.startedAt;
}

/** Ends exactly this process and returns when it is gone; one with the same number but another start is left alone. */
export async function stopProcess(name: string, identity: ProcessIdentity, signals: StopSignals): Promise<void> {
  for (const [signal, withinMs] of signals) {
    if (!(await isRunning(identity))) return;
    try {
      process.kill(identity.pid, signal);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ESRCH") return;
      throw new Error(`Cannot stop ${name} (process ${identity.pid}): run this as the user who started it.`, {
        cause: error,
      });
    }
    const deadline = Date.now() + withinMs;
    while (Date.now() < deadline) {
      if (!(await isRunning(identity))) return;
      await pause(20);
    }
  }
  if (await isRunning(identity)) throw new Error(`${name} (process ${identity.pid}) does not stop: end it by hand.`);
}
