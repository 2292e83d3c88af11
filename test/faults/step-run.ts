import { setMaxListeners } from "node:events";
import { pause } from "@polyseme/core";
import { checkAll, type Breach } from "./checks.ts";
import { makeHistory } from "./history.ts";
import { loseJobs } from "./job-faults.ts";
import { runLoad } from "./load.ts";
import type { Action } from "./plan-load.ts";
import { COLLECTION, makeCollection, untilSettled } from "./random-run.ts";
import { makeRandom, type Random } from "./random.ts";
import { STEPS, type Step } from "./steps.ts";
import { makeCopy, type Copy } from "./texts.ts";
import { startWorld, type World } from "./world.ts";

export interface StepsOptions {
  readonly seed: number;
  /** Each step so often. */
  readonly times: number;
  /** Names; empty: all. */
  readonly steps: readonly string[];
  readonly signal: AbortSignal;
  readonly say: (line: string) => void;
}

const DOCUMENTS = 48;
/** Long enough that its claim is renewed, which happens after some three seconds. */
const LONG_SENTENCES = 6_000;
const DEAD_MS = 30_000;
const READY_MS = 60_000;
const SETTLE_MS = 60_000;
const POLL_MS = 20;

/**
 * Kills a process at each step of a document's life, again and again, lets a fresh one go on and looks whether all is there.
 * Claims of the dead are ended early by SQL, so that nobody waits ten seconds for each.
 * @throws Error when something did not hold
 */
export async function runSteps(options: StepsOptions): Promise<void> {
  setMaxListeners(0, options.signal);
  const wanted = STEPS.filter(({ name }) => options.steps.length === 0 || options.steps.includes(name));
  const random = makeRandom(options.seed);
  let broken = 0;
  const world = await startWorld({ embedders: 1, random: random.fork("world") });
  try {
    await makeCollection(world);
    for (const step of wanted) {
      const beganMs = performance.now();
      const { breaches, slowestSeconds } = await runStep(world, step, random.fork(step.name), options);
      broken += breaches.length;
      const number = STEPS.indexOf(step) + 1;
      const seconds = ((performance.now() - beganMs) / 1_000).toFixed(0);
      options.say(
        `${breaches.length === 0 ? "held" : "BROKEN"} ${number}. ${step.name} ${options.times} times in ${seconds} s, ` +
          `all done at most ${slowestSeconds.toFixed(1)} s after the kill: ${step.what}`,
      );
      for (const { kind, what } of breaches.slice(0, 20)) options.say(`  ${kind}: ${what}`);
    }
  } finally {
    await world.stop();
  }
  options.say(
    `${wanted.length * options.times} kills at ${wanted.length} steps, ${broken} breaches (seed ${options.seed})`,
  );
  if (broken > 0) throw new Error("Not everything held; see above.");
}

interface StepResult {
  readonly breaches: readonly Breach[];
  /** From a kill until nothing was pending. */
  readonly slowestSeconds: number;
}

async function runStep(world: World, step: Step, random: Random, options: StepsOptions): Promise<StepResult> {
  const breaches: Breach[] = [];
  let slowestSeconds = 0;
  for (let time = 0; time < options.times; time += 1) {
    options.signal.throwIfAborted();
    const name = `p${STEPS.indexOf(step)}-${time}`;
    const found = await dieOnce(world, step, random.fork(`time-${time}`), options.signal, name);
    slowestSeconds = Math.max(slowestSeconds, found.slowestSeconds);
    breaches.push(...found.breaches.map(({ kind, what }) => ({ kind, what: `time ${time + 1}: ${what}` })));
  }
  return { breaches, slowestSeconds };
}

async function dieOnce(
  world: World,
  step: Step,
  random: Random,
  signal: AbortSignal,
  name: string,
): Promise<StepResult> {
  const history = makeHistory();
  const victim = step.service === "ingest" ? world.ingest : (world.embedders[0] ?? world.ingest);
  const copies = Array.from({ length: DOCUMENTS }, (_, i) => makeCopy(random, `${name}-${i}`, i + 1));
  const load = (actions: readonly Action[]) =>
    runLoad(actions, { collection: COLLECTION, door: world.ingest, history, clients: 3, lastsMs: 0, signal });
  const tickets: string[] = [];
  const answers: string[] = [];
  const did = async (loading: ReturnType<typeof load>): Promise<void> => {
    const result = await loading;
    tickets.push(...result.tickets);
    answers.push(...result.breaches);
  };

  // What the step needs to be there already, by processes that live.
  if (step.load === "delete") {
    await did(load(pushes(copies)));
    if (random.chance(0.5)) await untilSettled(world, signal, SETTLE_MS);
  }
  const nth = step.load === "push" && step.service === "embedder" ? random.int(1, 3) : 1;
  // Every wanted act happens at least once; how often depends on how documents are grouped.
  const dieAt = `${step.name}:${perJob(step) || step.load !== "push" ? 1 : nth}`;
  if (step.load === "overdue") {
    await world.embedders[0]?.kill(600_000);
    await did(load(pushes(copies)));
    await loseJobs(world);
  }
  const crashesBefore = victim.crashes.length;
  victim.become({ entry: `test/faults/mains/${step.service}.ts`, settings: { FAULT_DIE_AT: dieAt } });
  await victim.kill(0);
  const armed = await untilUp(victim);
  // The next one is the service as it is.
  victim.become(undefined);

  switch (step.load) {
    case "push":
      await did(load(pushes(copies)));
      break;
    case "long":
      await did(load(pushes([...copies, longCopy(random, name)])));
      break;
    case "overdue":
      await hasten(world);
      break;
    case "delete":
      await did(load([{ kind: "delete", form: "list", ids: copies.map(({ id }) => id) }]));
      break;
    default:
      throw new Error(`Unknown load ${String(step.load satisfies never)}`);
  }
  const died = await untilGone(victim, armed);
  const diedMs = performance.now();
  if (!died) await victim.kill(0);
  if (step.load === "overdue") await world.embedders[0]?.kill(0);
  await world.ready(READY_MS);
  await hasten(world);
  const stuck = await untilSettled(world, signal, SETTLE_MS);
  const slowestSeconds = (performance.now() - diedMs) / 1_000;
  const { breaches } = await checkAll(world, { collection: COLLECTION, history, tickets, random });
  const all = [
    ...breaches,
    ...answers.map((what) => ({ kind: "answer" as const, what })),
    ...(stuck === 0 ? [] : [{ kind: "pending" as const, what: `${stuck} documents` }]),
    ...(died ? [] : [{ kind: "crash" as const, what: `the process never came to ${dieAt}` }]),
    ...victim.crashes.slice(crashesBefore).map((what) => ({ kind: "crash" as const, what })),
  ];
  // What the next time looks at stays small.
  await did(load([{ kind: "delete", form: "list", ids: history.ids }]));
  return { breaches: all, slowestSeconds };
}

/** Acts that happen once for each job, of which a load this small has few. */
function perJob({ name }: Step): boolean {
  return !name.startsWith("encode") && !name.startsWith("plan");
}

function pushes(copies: readonly Copy[]): Action[] {
  const third = Math.ceil(copies.length / 3);
  return [0, 1, 2].map((i) => ({
    kind: "push",
    form: i === 0 ? "ndjson" : "list",
    copies: copies.slice(i * third, (i + 1) * third),
  }));
}

function longCopy(random: Random, name: string): Copy {
  const id = `${name}-long`;
  const middle = Array.from({ length: LONG_SENTENCES }, (_, i) => `Sentence ${i} of ${random.int(1, 1_000)}.`);
  return { id, copy: 0, text: `${id} copy 0 begins. ${middle.join(" ")} ${id} copy 0 ends.` };
}

/** As if the time of every pending document had come. */
async function hasten(world: World): Promise<void> {
  await world.sql("update polyseme_store.documents set next_attempt_at = now() where state in ('queued', 'embedding')");
}

async function untilUp(victim: World["ingest"]): Promise<number> {
  await victim.url(READY_MS);
  if (victim.pid === undefined) throw new Error(`${victim.name} ended right after its start`);
  return victim.pid;
}

async function untilGone(victim: World["ingest"], pid: number): Promise<boolean> {
  const deadline = performance.now() + DEAD_MS;
  while (victim.pid === pid && performance.now() < deadline) await pause(POLL_MS);
  return victim.pid !== pid;
}
