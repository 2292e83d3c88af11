import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
  }[];
  readonly samples: readonly number[];
  /** Microseconds since the sample before. */
  readonly timeDeltas: readonly number[];
}

/** Node's arguments that write a CPU profile into the folder when the process ends. */
export function profileArguments(folder: string): string[] {
  return ["--cpu-prof", `--cpu-prof-dir=${folder}`];
}

/** A thread that did less than this is one that Node or a loader keeps for itself. */
const LEAST_BUSY_US = 300_000;

/**
 * Functions by self time, as lines: share of the time that was not idle, name, place. One list a thread.
 * @param skipMs how long the process took to start, which is left out
 */
export async function summariseProfiles(folder: string, skipMs: number, top = 15): Promise<string[]> {
  const files = (await readdir(folder)).filter((name) => name.endsWith(".cpuprofile")).sort();
  const summaries = await Promise.all(
    files.map(async (file) =>
      summarise(JSON.parse(await readFile(join(folder, file), "utf8")) as CpuProfile, skipMs, top),
    ),
  );
  return summaries.flat();
}

function summarise({ nodes, samples, timeDeltas }: CpuProfile, skipMs: number, top: number): string[] {
  const names = new Map(nodes.map(({ id, callFrame }) => [id, nameOf(callFrame)]));
  const selfUs = new Map<string, number>();
  let atUs = 0;
  samples.forEach((id, index) => {
    const name = names.get(id) ?? "?";
    const deltaUs = timeDeltas[index] ?? 0;
    atUs += deltaUs;
    if (atUs > skipMs * 1_000) selfUs.set(name, (selfUs.get(name) ?? 0) + deltaUs);
  });
  const idle = selfUs.get("(idle)") ?? 0;
  selfUs.delete("(idle)");
  const busy = [...selfUs.values()].reduce((sum, us) => sum + us, 0);
  if (busy < LEAST_BUSY_US) return [];
  const lines = [...selfUs]
    .sort(([, a], [, b]) => b - a)
    .slice(0, top)
    .map(([name, us]) => `${((100 * us) / busy).toFixed(1).padStart(5)} %  ${name}`);
  return [`busy ${(busy / 1e6).toFixed(1)} s, idle ${(idle / 1e6).toFixed(1)} s`, ...lines];
}

function nameOf({ functionName, url, lineNumber }: CpuProfile["nodes"][number]["callFrame"]): string {
  const name = functionName === "" ? "(anonymous)" : functionName;
  if (url === "") return name;
  const place = url
    .replace(/^file:\/\//, "")
    .replace(ROOT, "")
    .replace(/^.*node_modules\//, "");
  return `${name}  ${place}:${lineNumber + 1}`;
}
