import { readFile } from "node:fs/promises";

export interface MemoryVerdict {
  /** Mean resident megabytes in the second and last third of the run. */
  readonly secondThirdMb: number;
  readonly lastThirdMb: number;
  readonly isFlat: boolean;
}

/** Fewer samples than this say nothing. */
const FEWEST_SAMPLES = 30;
const MOST_GROWTH = 1.1;

/** Resident memory of a process in megabytes; undefined where the system has no /proc. */
export async function residentMb(pid: number): Promise<number | undefined> {
  const status = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "");
  const kb = /^VmRSS:\s+(\d+) kB/m.exec(status)?.[1];
  return kb === undefined ? undefined : Number(kb) / 1_024;
}

/** The first third warms up; after it memory may not grow by more than a tenth. Undefined for too few samples. */
export function judgeMemory(samples: readonly number[]): MemoryVerdict | undefined {
  if (samples.length < FEWEST_SAMPLES) return undefined;
  const third = Math.floor(samples.length / 3);
  const secondThirdMb = mean(samples.slice(third, 2 * third));
  const lastThirdMb = mean(samples.slice(-third));
  return { secondThirdMb, lastThirdMb, isFlat: lastThirdMb <= MOST_GROWTH * secondThirdMb };
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
