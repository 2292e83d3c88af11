import { setMaxListeners } from "node:events";
import { parseArgs } from "node:util";
import { pause, runMain } from "@polyseme/core";
import { checkAll } from "./checks.ts";
import { makeHistory } from "./history.ts";
import { FAULT_KINDS } from "./kinds.ts";
import { runLoad } from "./load.ts";
import { planLoad } from "./plan-load.ts";
import { COLLECTION, makeCollection, untilSettled } from "./random-run.ts";
import { makeRandom, type Random } from "./random.ts";
import { planFaults, runFaults, type PlannedFault } from "./schedule.ts";
import { judge, takeSample, type Sample } from "./soak-samples.ts";
import { startWorld, type World } from "./world.ts";

const HELP = `Usage: npm run test:soak -- [--minutes N] [--seed S] [--rate DOCUMENTS_A_SECOND] [--embedders N]

Pushes, updates and deletes for so long with a fault every 20 seconds, then says whether memory, open files and connections
stayed flat, whether nothing was lost, and whether nothing waits in the end.
`;

/** One fault in each; the ids come round again, so the store stays as large as it is. */
const ROUND_MS = 20_000;
const ID_SETS = 5;
const SAMPLE_EVERY_MS = 2_000;
const CLIENTS = 6;
const DISK_MB = 600;
const READY_MS = 60_000;
const COPIES_A_ROUND = 1_000_000;
const MANY_TICKETS = 200;

const say = (line: string): void => void process.stdout.write(`${line}\n`);

await runMain(
  process,
  (line) => process.stderr.write(`${line}\n`),
  async ({ stop: signal }) => {
    const { values } = parseArgs({
      options: {
        minutes: { type: "string", default: "30" },
        seed: { type: "string", default: String(1 + Math.floor(Math.random() * 1_000_000)) },
        rate: { type: "string", default: "40" },
        embedders: { type: "string", default: "2" },
        help: { type: "boolean", short: "h" },
      },
    });
    if (values.help === true) {
      say(HELP);
      return;
    }
    setMaxListeners(0, signal);
    const random = makeRandom(Number(values.seed));
    const embedders = Number(values.embedders);
    say(`${values.minutes} minutes, seed ${values.seed}, ${values.rate} documents a second, ${embedders} embedders`);
    const world = await startWorld({ embedders, random: random.fork("world"), diskMb: DISK_MB });
    const over = new AbortController();
    try {
      await soak(world, {
        over,
        minutes: Number(values.minutes),
        rate: Number(values.rate),
        embedders,
        random,
        signal,
      });
    } finally {
      over.abort();
      await world.stop();
    }
  },
);

// Everything has ended by now; nothing that Node lost track of may hold the process.
process.exit();

interface SoakOptions {
  readonly minutes: number;
  readonly rate: number;
  readonly embedders: number;
  readonly random: Random;
  readonly signal: AbortSignal;
  /** Ends the sampling. */
  readonly over: AbortController;
}

async function soak(world: World, { minutes, rate, embedders, random, signal, over }: SoakOptions): Promise<void> {
  await makeCollection(world);
  const history = makeHistory();
  const tickets: string[] = [];
  const broken: string[] = [];
  const sampling = sampleUntil(world, over.signal);
  const rounds = Math.max(1, Math.round((minutes * 60_000) / ROUND_MS));
  const beganMs = performance.now();
  for (let round = 0; round < rounds; round += 1) {
    signal.throwIfAborted();
    const own = random.fork(`round-${round}`);
    const names = { prefix: `s${round % ID_SETS}-`, firstCopy: round * COPIES_A_ROUND };
    const [load] = await Promise.all([
      runLoad(planLoad(own, Math.round((rate * ROUND_MS) / 1_000), names), {
        collection: COLLECTION,
        door: world.ingest,
        history,
        clients: CLIENTS,
        lastsMs: ROUND_MS,
        signal,
      }),
      runFaults(world, oneFault(own, embedders), signal, (line) => {
        say(`  round ${round + 1} of ${rounds}, ${line}`);
      }),
      pause(beganMs + (round + 1) * ROUND_MS - performance.now(), signal),
    ]);
    tickets.push(...load.tickets);
    broken.push(...load.breaches);
  }
  await world.ready(READY_MS);
  const stuck = await untilSettled(world, signal);
  over.abort();
  const samples = await sampling;
  const checked = await checkAll(world, {
    collection: COLLECTION,
    history,
    tickets: tickets.slice(-MANY_TICKETS),
    random,
  });
  broken.push(
    ...checked.breaches.map(({ kind, what }) => `${kind}: ${what}`),
    ...world.services.flatMap(({ name, crashes }) => crashes.map((what) => `crash: ${name} ${what}`)),
  );
  if (stuck > 0) broken.push(`${stuck} documents still pending`);
  const grown = sayTable(samples);
  for (const line of broken.slice(0, 30)) say(line);
  say(
    `${checked.stored} stored, ${checked.failed} failed; ${broken.length} breaches; lag ${stuck === 0 ? "returned to 0" : "did not return to 0"}; ` +
      (grown.length === 0 ? "flat" : `NOT FLAT: ${grown.join(", ")}`),
  );
  if (broken.length > 0 || grown.length > 0) throw new Error("Not everything held; see above.");
}

/** The door, the api and the first embedder live through all of it, so that their memory can be told. */
function oneFault(random: Random, embedders: number): PlannedFault[] {
  const kinds = FAULT_KINDS.filter((kind) => kind !== "kill-ingest" && kind !== "kill-api");
  for (let attempt = 0; ; attempt += 1) {
    const plan = planFaults(random.fork(`try-${attempt}`), { kinds, count: 1, withinMs: 2_000, embedders });
    if (!plan.some(({ fault }) => fault.kind === "kill-embedder" && fault.resources.includes("embedder-0")))
      return plan;
  }
}

async function sampleUntil(world: World, signal: AbortSignal): Promise<Sample[]> {
  const samples: Sample[] = [];
  while (!signal.aborted) {
    const sample = await takeSample(world).catch(() => undefined);
    if (sample !== undefined) samples.push(sample);
    await pause(SAMPLE_EVERY_MS, signal);
  }
  return samples;
}

/** Prints the thirds; answers what grew. */
function sayTable(samples: readonly Sample[]): string[] {
  const verdicts = judge(samples);
  say(
    ["", "first third", "second third", "last third", ""]
      .map((head, i) => (i === 0 ? head.padEnd(24) : head.padStart(13)))
      .join(""),
  );
  for (const { name, first, second, last, flat } of verdicts)
    say(
      name.padEnd(24) +
        [first, second, last].map((value) => value.toFixed(1).padStart(13)).join("") +
        (flat ? "  flat" : "  GROWN"),
    );
  const lag = samples.map((sample) => sample.get("oldest pending s") ?? 0);
  say(
    `oldest pending: at most ${Math.max(0, ...lag).toFixed(0)} s, ${(lag.at(-1) ?? 0).toFixed(0)} s at the last sample`,
  );
  return verdicts.filter(({ flat }) => !flat).map(({ name }) => name);
}
