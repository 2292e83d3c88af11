import http from "node:http";
import { setTimeout as pause } from "node:timers/promises";
import fc from "fast-check";
import { makeAnswerCheck, type Breach } from "./check-answer.ts";
import { asCurl } from "./curl.ts";
import { WITH_KEY } from "./key.ts";
import type { Ledger } from "./ledger-digest.ts";
import { judgeMemory, residentMb, type MemoryVerdict } from "./memory.ts";
import { readOperations } from "./operations.ts";
import { anyRequest, isWhole, type FuzzRequest } from "./requests.ts";
import { filledIn, send } from "./send.ts";

/** A running service with an HTTP face. */
export interface Target {
  readonly url: string;
  readonly pid: number;
}

export interface FuzzOptions {
  readonly targets: readonly Target[];
  readonly ledger: Ledger;
  readonly requests: number;
  readonly seed: number;
  readonly log: (line: string) => void;
}

/** A breach with the smallest request that was found to cause it. */
export interface FoundBreach extends Breach {
  readonly seed: number;
  readonly curl: string;
}

export interface FuzzResult {
  readonly sent: number;
  readonly byStatus: Readonly<Record<string, number>>;
  readonly breaches: readonly FoundBreach[];
  readonly memory: readonly (MemoryVerdict & { readonly url: string })[];
  readonly seconds: number;
}

/** Requests of one seed; a breach is shrunk within it. */
const SLICE = 250;
/** No statement of a push takes so long, on a busy machine either. */
const AT_REST_MS = 250;
const MOST_BREACHES = 25;
/** Shrinking a breach that is met only now and then would not end by itself. */
const SLICE_MS = 60_000;

/** Sends so many requests one after the other and answers every breach that was met, each kind once. */
export async function fuzz(options: FuzzOptions): Promise<FuzzResult> {
  const started = performance.now();
  const targets = await Promise.all(
    options.targets.map(async (target) => {
      const operations = await readOperations(target.url);
      const takesBodies = operations.some(({ bodies }) => bodies.size > 0);
      return { ...target, request: anyRequest(operations), takesBodies, samples: [] as number[] };
    }),
  );
  const run = new Run(options);
  await run.begin();
  const before = await serverFaults(options.targets);
  // Two slices for what takes bodies to one for what does not, such as an embedder.
  const turns = [...targets, ...targets.filter(({ takesBodies }) => takesBodies)];
  for (let slice = 0; run.sent < options.requests && run.breaches.length < MOST_BREACHES; slice += 1) {
    const target = turns[slice % turns.length];
    if (target === undefined) break;
    await run.slice(target, target.request, (options.seed + slice) | 0, Math.min(SLICE, options.requests - run.sent));
    for (const each of targets) each.samples.push((await residentMb(each.pid)) ?? Number.NaN);
  }
  run.end();
  const after = await serverFaults(options.targets);
  if (after > before)
    run.breaches.push({
      kind: "the metrics count answers of 5xx that nobody received",
      detail: `${after - before}`,
      seed: options.seed,
      curl: "",
    });
  const memory = targets.flatMap(({ url, samples }) => {
    const verdict = judgeMemory(samples.filter((sample) => !Number.isNaN(sample)));
    return verdict === undefined ? [] : [{ url, ...verdict }];
  });
  return {
    sent: run.sent,
    byStatus: run.byStatus,
    breaches: run.breaches,
    memory,
    seconds: (performance.now() - started) / 1_000,
  };
}

/** Thrown to make fast-check look for a smaller request. */
class BreachMet extends Error {
  readonly breach: Breach;
  readonly request: FuzzRequest;

  constructor(breach: Breach, request: FuzzRequest) {
    super(breach.kind);
    this.breach = breach;
    this.request = request;
  }
}

class Run {
  readonly #options: FuzzOptions;
  readonly #check = makeAnswerCheck();
  readonly #agent = new http.Agent({ keepAlive: true, maxSockets: 4 });
  readonly breaches: FoundBreach[] = [];
  readonly byStatus: Record<string, number> = {};
  readonly #known = new Set<string>();
  sent = 0;
  #ticket = "00000000-0000-4000-8000-000000000000";
  #digest = "";

  constructor(options: FuzzOptions) {
    this.#options = options;
  }

  async begin(): Promise<void> {
    this.#digest = await this.#options.ledger.digest();
  }

  end(): void {
    this.#agent.destroy();
  }

  async slice(target: Target, request: fc.Arbitrary<FuzzRequest>, seed: number, numRuns: number): Promise<void> {
    // While one breach is made smaller, others do not count: the smallest request is to show the one that was met.
    let shrinking: string | undefined;
    const property = fc.asyncProperty(request, async (generated) => {
      const sending = filledIn(generated, this.#ticket);
      const breach = await this.#send(target, sending);
      if (breach === undefined || this.#known.has(breach.kind) || (shrinking ?? breach.kind) !== breach.kind) return;
      shrinking = breach.kind;
      throw new BreachMet(breach, sending);
    });
    const result = await fc.check(property, { seed, numRuns, interruptAfterTimeLimit: SLICE_MS });
    if (!result.failed) return;
    const met = result.errorInstance;
    if (!(met instanceof BreachMet)) throw met instanceof Error ? met : new Error(`Slice ${seed}: ${String(met)}`);
    this.#known.add(met.breach.kind);
    const found = { ...met.breach, seed, curl: asCurl(target.url, met.request) };
    this.breaches.push(found);
    this.#options.log(`BREACH ${found.kind}\n  ${found.detail}\n  seed ${seed}: ${found.curl.slice(0, 1_500)}`);
  }

  /** What is not a whole request may hold one that is accepted behind its own answer. */
  async #digestAtRest(): Promise<string> {
    for (let before = ""; ;) {
      const now = await this.#options.ledger.digest();
      if (now === before) return now;
      before = now;
      await pause(AT_REST_MS);
    }
  }

  async #send(target: Target, request: FuzzRequest): Promise<Breach | undefined> {
    this.sent += 1;
    const label = `${request.method} ${request.operation.path}`;
    const outcome = await send(target.url, this.#agent, request);
    const digest = isWhole(request) ? await this.#options.ledger.digest() : await this.#digestAtRest();
    const isChanged = isWhole(request) && digest !== this.#digest;
    this.#digest = digest;
    const status = outcome.kind === "answer" ? String(outcome.answer.status) : outcome.kind;
    this.byStatus[status] = (this.byStatus[status] ?? 0) + 1;
    if (!isAlive(target.pid)) throw new Error(`Process ${target.pid} ended after ${asCurl(target.url, request)}`);
    if (outcome.kind !== "answer") {
      const mayBeUnanswered = outcome.kind === "none" && !isWhole(request);
      return mayBeUnanswered ? undefined : { kind: `${label}: ${outcome.kind}`, detail: outcome.reason };
    }
    const { answer } = outcome;
    const ticket = answer.status === 202 ? /"ticket":"([^"]+)"/.exec(answer.text)?.[1] : undefined;
    if (ticket !== undefined) this.#ticket = ticket;
    const isReading = ["GET", "HEAD", "OPTIONS", "TRACE"].includes(request.method);
    if (isChanged && (answer.status >= 400 || isReading))
      return { kind: `${label}: ${answer.status} and the ledger changed`, detail: answer.text.slice(0, 400) };
    return this.#check(request, answer);
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Answers of 5xx, 501 aside, that the services have counted: also those to callers who had left. */
async function serverFaults(targets: readonly Target[]): Promise<number> {
  const texts = await Promise.all(
    targets.map(async ({ url }) => (await fetch(`${url}/metrics`, { headers: [[...WITH_KEY]] })).text()),
  );
  const lines = texts.join("\n").matchAll(/^\w+_seconds_count\{[^}]*status="5(?!01)\d\d"[^}]*\} (\d+)$/gm);
  return [...lines].reduce((sum, [, count]) => sum + Number(count), 0);
}
