import { messageOf, pause } from "@polyseme/core";
import { makeFault, type Fault, type FaultKind } from "./kinds.ts";
import type { Random } from "./random.ts";
import type { World } from "./world.ts";

export interface PlannedFault {
  readonly atMs: number;
  readonly fault: Fault;
}

/** Which faults come when; one seed gives one plan. */
export function planFaults(
  random: Random,
  options: { kinds: readonly FaultKind[]; count: number; withinMs: number; embedders: number },
): PlannedFault[] {
  return Array.from({ length: options.count }, (_, i) => {
    const choices = random.fork(`fault-${i}`);
    return {
      atMs: choices.int(Math.min(300, options.withinMs), options.withinMs),
      fault: makeFault(choices.pick(options.kinds), choices, options.embedders),
    };
  }).sort((a, b) => a.atMs - b.atMs);
}

export function describePlan(plan: readonly PlannedFault[]): string {
  return plan.map(({ atMs, fault }) => `  ${atMs} ms ${fault.kind} ${fault.about}`).join("\n");
}

/**
 * Lets the faults happen at their times; those with a resource in common one after the other. Resolves when all are healed.
 * @param note told of each when it begins
 * @throws AggregateError when one could not be made or healed: the run says nothing then
 */
export async function runFaults(
  world: World,
  plan: readonly PlannedFault[],
  signal: AbortSignal,
  note: (line: string) => void,
): Promise<void> {
  const beganMs = performance.now();
  const busy = new Map<string, Promise<void>>();
  const failures: Error[] = [];
  for (const { atMs, fault } of plan) {
    const run = async (): Promise<void> => {
      await pause(beganMs + atMs - performance.now(), signal);
      await busyBefore;
      if (signal.aborted) return;
      note(`${Math.round(performance.now() - beganMs)} ms: ${fault.kind} ${fault.about}`);
      await fault.run(world, signal).catch((error: unknown) => {
        failures.push(new Error(`${fault.kind}: ${messageOf(error)}`, { cause: error }));
      });
    };
    const busyBefore = Promise.all(fault.resources.map((resource) => busy.get(resource) ?? Promise.resolve()));
    const done = run();
    for (const resource of fault.resources) busy.set(resource, done);
  }
  await Promise.all(busy.values());
  if (failures.length > 0) throw new AggregateError(failures, failures.map(({ message }) => message).join("; "));
}
