import { setMaxListeners } from "node:events";
import { pause } from "@polyseme/core";
import { checkAll, type Breach, type Checked } from "./checks.ts";
import { makeHistory } from "./history.ts";
import type { FaultKind } from "./kinds.ts";
import { runLoad } from "./load.ts";
import { planLoad } from "./plan-load.ts";
import { makeRandom } from "./random.ts";
import { describePlan, planFaults, runFaults } from "./schedule.ts";
import { startWorld, type World } from "./world.ts";

export interface RandomRunOptions {
  readonly seed: number;
  readonly documents: number;
  readonly embedders: number;
  readonly kinds: readonly FaultKind[];
  readonly faults: number;
  /** The load and the begin of the faults lie in this time. */
  readonly loadMs: number;
  readonly signal: AbortSignal;
  readonly note: (line: string) => void;
}

export interface RunReport extends Checked {
  readonly seed: number;
  readonly plan: string;
  readonly seconds: number;
  /** From the end of the load and the faults until nothing was pending. */
  readonly settleSeconds: number;
  readonly lostAnswers: number;
  readonly requests: number;
  /** What the services wrote, by service. */
  readonly logs: ReadonlyMap<string, string>;
}

export const COLLECTION = "faults";
/** Small enough that some texts are several chunks. */
const MAX_TOKENS = 40;
/** Postgres's own files, its log of writes, and room for the documents. */
const DISK_MB = 400;
const CLIENTS = 6;
const READY_MS = 60_000;
const SETTLE_MS = 120_000;
const POLL_MS = 200;

/**
 * One run: a world of its own, the load with the faults in it, then the checks. A seed brings back the load and the plan of
 * the faults; which instruction of which process a fault hits, it does not.
 * @throws Error when the world could not be made or a fault could not be healed
 */
export async function runRandom(options: RandomRunOptions): Promise<RunReport> {
  // Each client and fault that waits listens for it.
  setMaxListeners(0, options.signal);
  const random = makeRandom(options.seed);
  const beganMs = performance.now();
  const plan = planFaults(random.fork("faults"), {
    kinds: options.kinds,
    count: options.faults,
    withinMs: options.loadMs,
    embedders: options.embedders,
  });
  const world = await startWorld({
    embedders: options.embedders,
    random: random.fork("world"),
    diskMb: options.kinds.includes("disk-full") ? DISK_MB : undefined,
  });
  try {
    if (world.servers.disk === undefined && plan.some(({ fault }) => fault.kind === "disk-full"))
      options.note("disk-full is left out: no filesystem may be mounted here");
    await makeCollection(world);
    const history = makeHistory();
    const [load] = await Promise.all([
      runLoad(planLoad(random.fork("load"), options.documents), {
        collection: COLLECTION,
        door: world.ingest,
        history,
        clients: CLIENTS,
        lastsMs: options.loadMs,
        signal: options.signal,
      }),
      runFaults(world, plan, options.signal, options.note),
    ]);
    options.signal.throwIfAborted();
    const healedMs = performance.now();
    await world.ready(READY_MS);
    const stuck = await untilSettled(world, options.signal);
    const settledMs = performance.now();
    const checked = await checkAll(world, {
      collection: COLLECTION,
      history,
      tickets: load.tickets,
      random: random.fork("sample"),
    });
    const breaches: Breach[] = [
      ...checked.breaches,
      ...(stuck === 0 ? [] : [{ kind: "pending" as const, what: `${stuck} documents after ${SETTLE_MS} ms` }]),
      ...load.breaches.map((what) => ({ kind: "answer" as const, what })),
      ...world.services.flatMap(({ name, crashes }) =>
        crashes.map((what) => ({ kind: "crash" as const, what: `${name} ${what}` })),
      ),
    ];
    return {
      ...checked,
      breaches,
      seed: options.seed,
      plan: describePlan(plan),
      seconds: (performance.now() - beganMs) / 1_000,
      settleSeconds: (settledMs - healedMs) / 1_000,
      lostAnswers: load.lostAnswers,
      requests: load.requests,
      logs: new Map(world.services.map((service) => [service.name, service.log()])),
    };
  } finally {
    await world.stop();
  }
}

/** Made before the faults, with chunks so small that some documents have several. */
export async function makeCollection(world: World): Promise<void> {
  const response = await fetch(`${await world.api.url(READY_MS)}/v1/collections/${COLLECTION}`, {
    method: "PUT",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ chunking: { maxTokens: MAX_TOKENS } }),
  });
  if (!response.ok) throw new Error(`The collection was not made: ${response.status} ${await response.text()}`);
}

/** Waits until nothing is pending; answers how many documents still are when it gives up. */
export async function untilSettled(world: World, signal: AbortSignal, withinMs = SETTLE_MS): Promise<number> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    const [row] = await world.sql<{ pending: number }>(
      "select count(*)::int as pending from polyseme_store.documents where state in ('queued', 'embedding')",
    );
    const pending = row?.pending ?? 0;
    if (pending === 0 || performance.now() > deadline) return pending;
    signal.throwIfAborted();
    await pause(POLL_MS, signal);
  }
}
