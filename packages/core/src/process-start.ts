import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";

/**
 * When the running process with this number began, in words that only equal themselves: a number that was given to another
 * process since, or before a restart of the machine, does not match. Undefined: none runs.
 */
export async function processStart(pid: number): Promise<string | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => undefined);
  if (stat !== undefined) {
    // The name in parentheses may hold anything, so fields are counted from behind it.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const state = fields[0];
    // A zombie has ended; nobody fetched its exit code yet.
    if (state === "Z" || state === "X") return undefined;
    const boot = await readFile("/proc/sys/kernel/random/boot_id", "utf8").catch(() => "");
    return `${fields[19] ?? ""}@${boot.trim()}`;
  }
  if (await readFile("/proc/self/stat").catch(() => undefined)) return undefined;
  const started = await promisify(execFile)("ps", ["-o", "lstart=", "-p", String(pid)]).catch(() => undefined);
  const text = started?.stdout.trim() ?? "";
  return text === "" ? undefined : text;
}
