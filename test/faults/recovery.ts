import { setMaxListeners } from "node:events";
import { pause } from "@polyseme/core";
import { makeHistory } from "./history.ts";
import { emptyRedis } from "./job-faults.ts";
import { runLoad } from "./load.ts";
import { COLLECTION, makeCollection, untilSettled } from "./random-run.ts";
import { makeRandom, type Random } from "./random.ts";
import { makeCopy } from "./texts.ts";
import { startWorld, type World } from "./world.ts";

export interface RecoveryOptions {
  readonly seed: number;
  readonly times: number;
  readonly signal: AbortSignal;
  readonly say: (line: string) => void;
}

const QUEUED = 1_000;
const IN_WORK = 600;
const A_PUSH = 50;
const DOWN_MS = 600_000;
const READY_MS = 60_000;
const WITHIN_MS = 120_000;
const POLL_MS = 50;
const REACH = { afterPassSeconds: 30, otherWorkerSeconds: 15 } as const;

/**
 * How soon documents are stored after Redis was emptied, and after the worker that had them was killed.
 * @throws Error when it took longer than promised
 */
export async function measureRecovery({ seed, times, signal, say }: RecoveryOptions): Promise<void> {
  setMaxListeners(0, signal);
  const slow: string[] = [];
  for (let time = 0; time < times && !signal.aborted; time += 1) {
    const random = makeRandom(seed, `recovery-${time}`);
    const emptied = await inWorld(1, random, (world) => emptyAndWait(world, random, signal));
    say(
      `Redis emptied with ${QUEUED} queued: all stored ${emptied.afterPass.toFixed(1)} s after the reconciler's next pass, ` +
        `${emptied.afterEmptied.toFixed(1)} s after Redis was emptied`,
    );
    if (emptied.afterPass > REACH.afterPassSeconds) slow.push("Redis emptied");
    const killed = await inWorld(2, random, (world) => killAndWait(world, random, signal));
    say(
      `worker killed with ${killed.claimed} documents claimed: the last of them stored by another after ${killed.claimedSeconds.toFixed(1)} s, ` +
        `the last of all ${IN_WORK} after ${killed.allSeconds.toFixed(1)} s`,
    );
    if (killed.claimedSeconds > REACH.otherWorkerSeconds) slow.push("worker killed");
  }
  if (slow.length > 0) throw new Error(`Slower than promised: ${slow.join(", ")}`);
}

async function inWorld<T>(embedders: number, random: Random, work: (world: World) => Promise<T>): Promise<T> {
  const world = await startWorld({ embedders, random });
  try {
    await makeCollection(world);
    return await work(world);
  } finally {
    await world.stop();
  }
}

async function emptyAndWait(
  world: World,
  random: Random,
  signal: AbortSignal,
): Promise<{ afterPass: number; afterEmptied: number }> {
  const [embedder] = world.embedders;
  await embedder?.kill(DOWN_MS);
  await pushAll(world, random, QUEUED, signal);
  await emptyRedis(world);
  const emptiedMs = performance.now();
  await embedder?.kill(0);
  await world.ready(READY_MS);
  while ((await reconciled(world)) === 0) {
    if (performance.now() - emptiedMs > WITHIN_MS) throw new Error("The reconciler put nothing back");
    await pause(POLL_MS, signal);
  }
  const passMs = performance.now();
  if ((await untilSettled(world, signal)) > 0) throw new Error("Not all were stored");
  const endMs = performance.now();
  return { afterPass: (endMs - passMs) / 1_000, afterEmptied: (endMs - emptiedMs) / 1_000 };
}

/** The other worker is there, stopped until the first one dies, so that all is the first one's. */
async function killAndWait(
  world: World,
  random: Random,
  signal: AbortSignal,
): Promise<{ claimed: number; claimedSeconds: number; allSeconds: number }> {
  const [first, second] = world.embedders;
  const wake = stopped(second?.pid);
  await pushAll(world, random, IN_WORK, signal);
  let claimed: string[] = [];
  const deadline = performance.now() + READY_MS;
  while (claimed.length === 0) {
    if (performance.now() > deadline) throw new Error("Nothing was in work any more when it was looked at");
    const rows = await world.sql<{ id: string }>("select id from polyseme_store.documents where state = 'embedding'");
    claimed = rows.map(({ id }) => id);
  }
  await first?.kill(DOWN_MS);
  const [killedAt] = await world.sql<{ at: Date }>("select now() as at");
  wake();
  if ((await untilSettled(world, signal)) > 0) throw new Error("Not all were stored");
  const [row] = await world.sql<{ claimed: number; all: number }>(
    `select extract(epoch from max(stored_at) filter (where id = any($1::text[])) - $2)::float8 as claimed,
       extract(epoch from max(stored_at) - $2)::float8 as all from polyseme_store.documents`,
    [claimed, killedAt?.at],
  );
  return { claimed: claimed.length, claimedSeconds: row?.claimed ?? NaN, allSeconds: row?.all ?? NaN };
}

/** Stops a process; answers what lets it go on. */
function stopped(pid: number | undefined): () => void {
  if (pid === undefined) throw new Error("The other worker does not run");
  process.kill(pid, "SIGSTOP");
  return () => {
    process.kill(pid, "SIGCONT");
  };
}

async function pushAll(world: World, random: Random, documents: number, signal: AbortSignal): Promise<void> {
  const copies = Array.from({ length: documents }, (_, i) => makeCopy(random, `r${i}`, 1));
  const actions = Array.from({ length: documents / A_PUSH }, (_, i) => ({
    kind: "push" as const,
    form: "ndjson" as const,
    copies: copies.slice(i * A_PUSH, (i + 1) * A_PUSH),
  }));
  await runLoad(actions, {
    collection: COLLECTION,
    door: world.ingest,
    history: makeHistory(),
    clients: 4,
    lastsMs: 0,
    signal,
  });
}

async function reconciled(world: World): Promise<number> {
  const text = await (await fetch(`${await world.ingest.url(READY_MS)}/metrics`)).text();
  return Number(/^polyseme_reconciled_documents_total (\d+)/m.exec(text)?.[1] ?? 0);
}
