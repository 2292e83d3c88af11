/** Seconds and times of a stage of the pipeline so far, as a process's /metrics tell. */
export interface StageTotals {
  readonly seconds: number;
  readonly count: number;
}

export async function stageTotals(url: string, stage: string): Promise<StageTotals> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const read = (suffix: string): number =>
    Number(new RegExp(`^polyseme_stage_seconds_${suffix}\\{stage="${stage}"\\} (\\S+)$`, "m").exec(text)?.[1] ?? 0);
  return { seconds: read("sum"), count: read("count") };
}

/** What the stage took on average between two readings, in ms; NaN when it did not run. */
export function stageMeanMs(before: StageTotals, after: StageTotals): number {
  return ((after.seconds - before.seconds) / (after.count - before.count)) * 1_000;
}
