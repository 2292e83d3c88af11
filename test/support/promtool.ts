import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

/** Where infra/observability/get-promtool.sh puts it. */
const FETCHED = join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "polyseme", "prometheus", "promtool");

/** The promtool of this machine; undefined: there is none. */
export function findPromtool(): string | undefined {
  if (existsSync(FETCHED)) return FETCHED;
  return spawnSync("promtool", ["--version"], { timeout: 20_000 }).status === 0 ? "promtool" : undefined;
}

/** What it said, and whether it found no fault. */
export function promtool(path: string, args: readonly string[], input = ""): { ok: boolean; output: string } {
  const { status, stdout, stderr } = spawnSync(path, [...args], { input, encoding: "utf8", timeout: 60_000 });
  return { ok: status === 0, output: stdout + stderr };
}
