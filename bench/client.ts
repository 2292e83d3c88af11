import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { BenchContext, Benchmark } from "./context.ts";
import type { Figure } from "./report.ts";
import { lineTemplates, ndjsonChunks } from "./support/documents.ts";
import { pushStream } from "./support/load.ts";
import { isShort, SHORT } from "./support/short.ts";
import { withStage, type Stage } from "./support/stage.ts";
import { sampleRss } from "./support/usage.ts";

const DOCUMENT_BYTES = 500;
const SMALL_BYTES = 120;
const WARM_UP = 2_000;
const ROOT = fileURLToPath(new URL("..", import.meta.url));

const VARIANTS = ["socket", "fetch", "client"] as const;
type Variant = (typeof VARIANTS)[number];

/** The client's push against the same documents, already NDJSON, in one streamed request. */
export const benchClient: Benchmark = {
  about: "the client's push of an async iterable against raw streamed NDJSON; its memory over a million documents",
  options: { ...SHORT, only: { type: "string", help: "rates or memory: not the other one" } },
  async run(context) {
    const { only } = context.options;
    const rates = only === "memory" ? [] : await measureRates(context);
    return only === "rates"
      ? rates
      : [...rates, ...(await withStage(context, (stage) => measureMemory(context, stage)))];
  },
};

async function measureRates(context: BenchContext): Promise<Figure[]> {
  const documents = isShort(context) ? 40_000 : 100_000;
  const rates: Record<Variant, number[]> = { socket: [], fetch: [], client: [] };
  const rounds = context.runs ?? 3;
  for (let round = 0; round < rounds; round += 1)
    for (let turn = 0; turn < VARIANTS.length; turn += 1) {
      // Another order each round: who comes first has the emptier disk.
      const variant = VARIANTS[(turn + round) % VARIANTS.length] ?? "client";
      const rate = await withStage(context, (stage) => measure(context, stage, variant, documents));
      rates[variant].push(rate);
      context.log(`${variant}: ${Math.round(rate)} documents/s, round ${round + 1} of ${rounds}`);
    }
  return ratesOf(rates);
}

async function measure(context: BenchContext, stage: Stage, variant: Variant, documents: number): Promise<number> {
  const ingest = await stage.start("ingest");
  const templates = lineTemplates(context, DOCUMENT_BYTES);
  if (variant === "client") {
    const { seconds, cpuSeconds } = await runClient(context, ingest.url, documents, DOCUMENT_BYTES).ended;
    context.log(`client: ${((100 * cpuSeconds) / seconds).toFixed(0)} % of a core`);
    return documents / seconds;
  }
  const push = variant === "socket" ? pushStream : fetchStream;
  await push(ingest.url, "warm", templates, WARM_UP);
  const started = performance.now();
  await push(ingest.url, "measured", templates, documents);
  return documents / ((performance.now() - started) / 1_000);
}

/** As a program would do it without the client: fetch and a stream. */
async function fetchStream(
  url: string,
  collection: string,
  templates: ReturnType<typeof lineTemplates>,
  count: number,
): Promise<void> {
  const response = await fetch(`${url}/v1/collections/${collection}/documents`, {
    method: "POST",
    headers: { "content-type": "application/x-ndjson" },
    body: ReadableStream.from(ndjsonChunks(templates, count)),
    duplex: "half",
  });
  const answer = (await response.json()) as { accepted?: number };
  if (answer.accepted !== count) throw new Error(`Accepted ${answer.accepted} of ${count} documents`);
}

interface ClientRun {
  readonly accepted: number;
  readonly seconds: number;
  readonly cpuSeconds: number;
}

function runClient(
  { sharedDir }: BenchContext,
  url: string,
  count: number,
  bytes: number,
): { readonly pid: number; readonly ended: Promise<ClientRun> } {
  const args = ["--import", "tsx", "bench/client-push.ts", url, "pushed", String(count), String(bytes), sharedDir];
  const child = spawn(process.execPath, args, { cwd: ROOT, stdio: ["ignore", "pipe", "inherit"] });
  let out = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (out += text));
  const ended = once(child, "close").then(([code]) => {
    if (code !== 0) throw new Error(`The client ended with ${String(code)}`);
    const run = JSON.parse(out) as ClientRun;
    if (run.accepted !== count) throw new Error(`Accepted ${run.accepted} of ${count} documents`);
    return run;
  });
  return { pid: child.pid ?? 0, ended };
}

async function measureMemory(context: BenchContext, stage: Stage): Promise<Figure[]> {
  const documents = isShort(context) ? 100_000 : 1_000_000;
  const ingest = await stage.start("ingest");
  const run = runClient(context, ingest.url, documents, SMALL_BYTES);
  const { result, samples } = await sampleRss(run.pid, () => run.ended);
  const mean = (from: number, to: number): number => {
    const part = samples.slice(Math.floor(samples.length * from), Math.ceil(samples.length * to));
    return part.reduce((sum, { mb }) => sum + mb, 0) / part.length;
  };
  return [
    {
      name: `the client over ${documents.toLocaleString("en")} documents of ${SMALL_BYTES} bytes: most`,
      unit: "MB resident",
      values: [Math.max(...samples.map(({ mb }) => mb))],
      reach: { atMost: 300 },
    },
    {
      name: "its last fifth ÷ its second fifth",
      unit: "MB ÷ MB",
      values: [mean(0.8, 1) / mean(0.2, 0.4)],
      kind: "ratio",
      reach: { atMost: 1.1 },
    },
    { name: "its rate", unit: "documents/s", values: [documents / result.seconds] },
  ];
}

function ratesOf({ socket, fetch: streamed, client }: Record<Variant, readonly number[]>): Figure[] {
  const over = (raw: readonly number[]): number[] => client.map((rate, round) => rate / (raw[round] ?? NaN));
  return [
    { name: "raw: NDJSON over a socket", unit: "documents/s", values: socket },
    { name: "raw: NDJSON by fetch", unit: "documents/s", values: streamed },
    { name: "the client's push", unit: "documents/s", values: client },
    {
      name: "the client ÷ raw over a socket",
      unit: "documents/s ÷ documents/s",
      values: over(socket),
      kind: "ratio",
      reach: { atLeast: 0.9 },
    },
    {
      name: "the client ÷ raw by fetch",
      unit: "documents/s ÷ documents/s",
      values: over(streamed),
      kind: "ratio",
      reach: { atLeast: 0.9 },
    },
  ];
}
