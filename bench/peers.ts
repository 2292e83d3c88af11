import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { encodeTexts, openEncoder } from "@polyseme/encoder";
import pg from "pg";
import { freshServers } from "../test/support/stack.ts";
import { choiceOption, type BenchContext, type Benchmark } from "./context.ts";
import { peakMemoryMiB } from "./cpu-time.ts";
import { modelFolder, modelsIn, type Model } from "./models.ts";
import { readPeerTexts, TEXT_SETS, type PeerTexts, type TextSet } from "./peer-texts.ts";
import { runPipeline } from "./pipeline-run.ts";
import type { Figure } from "./report.ts";
import { startServices } from "./services.ts";

const FOLDER = fileURLToPath(new URL("peers", import.meta.url));
const RUNS = 3;
const PEER_MS = 540_000;
const COMPARED_TEXTS = 50;

const PEERS = ["langchain", "llamaindex"] as const;
type Peer = (typeof PEERS)[number];

/** Names in the table, and the columns where each keeps a text and its vector. */
const ABOUT: Readonly<Record<Peer, { readonly title: string; readonly text: string; readonly vector: string }>> = {
  langchain: { title: "LangChain.js", text: "text", vector: "embedding" },
  llamaindex: { title: "LlamaIndexTS", text: "document", vector: "embeddings" },
};

/** How many times a peer's rate ours shall be. */
const TARGETS: Readonly<Partial<Record<`${Peer} ${Model} ${TextSet}`, number>>> = {
  "langchain int8 A": 3,
  "langchain int8 B": 6,
  "langchain fp32 A": 1.8,
  "langchain fp32 B": 3.5,
  "llamaindex int8 A": 2.2,
  "llamaindex int8 B": 3.5,
};

export const benchPeers: Benchmark = {
  about: "what users would pick instead, on the same texts and the same Postgres",
  options: {
    install: { type: "boolean", help: "install the peers into bench/peers first (some 500 MB of packages)" },
    peers: { type: "string", help: "langchain, llamaindex; several with commas" },
    sets: { type: "string", help: "A (short pages) or B (paragraphs); both by default" },
  },
  run: runPeers,
};

interface Measured {
  readonly seconds: number;
  readonly peakMiB: number;
  /** The least cosine with the fp32 model's own vectors, over some of the texts; ours is tested elsewhere. */
  readonly leastCosine?: number;
}

async function runPeers(context: BenchContext): Promise<Figure[]> {
  if (!modelsIn(context.sharedDir).includes("fp32"))
    throw new Error(`Peers run the fp32 model, and there is none in ${context.sharedDir}. Say where with --shared.`);
  if (context.options["install"] === true) await install();
  if (!existsSync(join(FOLDER, "node_modules")))
    throw new Error("The peers are not installed: npm run bench -- peers --install");
  const folders = { int8: await modelFolder(context, "int8"), fp32: await modelFolder(context, "fp32") };
  const figures: Figure[] = [];
  for (const set of choiceOption(context, "sets", TEXT_SETS))
    figures.push(...(await runSet(context, folders, await readPeerTexts(context.sharedDir, folders.int8, set))));
  return figures;
}

/** Everybody in turn, over and over, as the machine drifts; each alone. */
async function runSet(context: BenchContext, folders: Record<Model, string>, texts: PeerTexts): Promise<Figure[]> {
  const { set } = texts;
  context.log(`${set}: ${texts.texts.length} texts, ${texts.tokens} tokens`);
  const ours: Record<Model, Measured[]> = { int8: [], fp32: [] };
  const theirs = new Map<Peer, Measured[]>(choiceOption(context, "peers", PEERS).map((peer) => [peer, []]));
  const reference = await referenceVectors(folders.fp32, texts);
  for (let run = 0; run < (context.runs ?? RUNS); run += 1) {
    for (const model of ["int8", "fp32"] as const) {
      ours[model].push(await runOurs(context, folders[model], texts));
      context.log(`${set}, ours ${model}: ${ours[model].at(-1)?.seconds.toFixed(1)} s`);
    }
    for (const [peer, measured] of theirs) {
      try {
        measured.push(await runPeer(context, peer, texts, reference));
        context.log(`${set}, ${peer}: ${measured.at(-1)?.seconds.toFixed(1)} s`);
      } catch (error) {
        // Not ours to mend: it is named, and the others go on.
        context.log(`${set}, ${peer} does not run here: ${error instanceof Error ? error.message : String(error)}`);
        theirs.delete(peer);
      }
    }
  }
  return figuresOf(texts, ours, theirs);
}

function figuresOf(texts: PeerTexts, ours: Record<Model, Measured[]>, theirs: ReadonlyMap<Peer, Measured[]>): Figure[] {
  const { set } = texts;
  const figures: Figure[] = [];
  for (const [peer, measured] of theirs)
    for (const model of ["int8", "fp32"] as const) {
      const target = TARGETS[`${peer} ${model} ${set}`];
      figures.push({
        name: `${set}: ours ${model} ÷ ${ABOUT[peer].title}`,
        unit: "of the rates",
        kind: "ratio",
        // The two of one turn, as they are nearest in time.
        values: measured.map(({ seconds }, run) => seconds / (ours[model][run]?.seconds ?? NaN)),
        ...(target === undefined ? {} : { reach: { atLeast: target } }),
      });
    }
  const everybody: [string, readonly Measured[]][] = [
    ["ours int8", ours.int8],
    ["ours fp32", ours.fp32],
    ...[...theirs].map(([peer, measured]): [string, Measured[]] => [ABOUT[peer].title, measured]),
  ];
  for (const [who, measured] of everybody) {
    const figure = (what: string, unit: string, of: (one: Measured) => number): Figure => ({
      name: `${set}: ${who}${what}`,
      unit,
      values: measured.map(of),
    });
    figures.push(figure("", "tokens/s", ({ seconds }) => texts.tokens / seconds));
    figures.push(figure("", "texts/s", ({ seconds }) => texts.texts.length / seconds));
    figures.push(figure(", peak memory", "MiB", ({ peakMiB }) => peakMiB));
    if (measured.some(({ leastCosine }) => leastCosine !== undefined))
      figures.push(figure(", least cosine with the model's vectors", "", ({ leastCosine = NaN }) => leastCosine));
  }
  return figures;
}

/** Three processes with this model on a fresh database, one load, and away with them. */
async function runOurs(context: BenchContext, folder: string, { texts }: PeerTexts): Promise<Measured> {
  const { ingest, api, embedders, stop } = await startServices(context, { settings: { POLYSEME_MODEL: folder } });
  const documents = texts.map((text, index) => ({ id: String(index), text }));
  await runPipeline({ ingest, api }, [{ id: "warm-up", text: "The model is loaded before the clock starts." }]);
  const { seconds } = await runPipeline({ ingest, api }, documents);
  const peaks = await Promise.all([ingest, api, ...embedders].map(({ pid }) => peakMemoryMiB(pid)));
  await stop();
  return { seconds, peakMiB: peaks.reduce((sum, peak) => sum + peak, 0) };
}

async function runPeer(
  context: BenchContext,
  peer: Peer,
  { texts }: PeerTexts,
  reference: ReadonlyMap<string, Float32Array>,
): Promise<Measured> {
  const { databaseUrl, redisUrl } = await context.servers();
  const fresh = await freshServers(databaseUrl, redisUrl);
  const dir = await mkdtemp(join(tmpdir(), "polyseme-bench-job-"));
  try {
    const job = {
      texts,
      databaseUrl: fresh.environment.DATABASE_URL,
      modelsDir: join(context.sharedDir, "models"),
      model: "all-MiniLM-L6-v2",
      dimensions: [...reference.values()][0]?.length,
    };
    await writeFile(join(dir, "job.json"), JSON.stringify(job));
    const output = await runNode(context, join(FOLDER, `${peer}.mjs`), join(dir, "job.json"));
    const measured = JSON.parse(output) as Measured;
    return { ...measured, leastCosine: await compareStored(job.databaseUrl, peer, texts.length, reference) };
  } finally {
    await rm(dir, { recursive: true, force: true });
    await fresh.drop();
  }
}

/** @throws Error when not every text has a vector */
async function compareStored(
  databaseUrl: string,
  peer: Peer,
  count: number,
  reference: ReadonlyMap<string, Float32Array>,
): Promise<number> {
  const { text, vector } = ABOUT[peer];
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    const { rows } = await client.query<{ stored: number }>(
      `select count(*)::int as stored from peer where ${vector} is not null`,
    );
    if (rows[0]?.stored !== count) throw new Error(`it stored ${rows[0]?.stored ?? 0} vectors of ${count} texts`);
    const found = await client.query<{ text: string; vector: string }>(
      `select ${text} as text, ${vector}::text as vector from peer where ${text} = any($1)`,
      [[...reference.keys()]],
    );
    if (found.rows.length === 0) throw new Error("it stored other texts than it was given");
    const cosines = found.rows.map((row) =>
      cosine(JSON.parse(row.vector) as number[], reference.get(row.text) ?? new Float32Array(0)),
    );
    return Math.min(...cosines);
  } finally {
    await client.end();
  }
}

async function referenceVectors(folder: string, { texts }: PeerTexts): Promise<Map<string, Float32Array>> {
  const some = texts.filter((_, index) => index % Math.ceil(texts.length / COMPARED_TEXTS) === 0);
  const encoder = await openEncoder({ folder });
  try {
    const encoded = await encodeTexts(encoder, some, { wants: { embedding: true }, lane: "bulk" });
    return new Map(some.map((text, index) => [text, encoded[index]?.encoded.embedding ?? new Float32Array(0)]));
  } finally {
    await encoder.close();
  }
}

function cosine(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let [product, lengthA, lengthB] = [0, 0, 0];
  for (let i = 0; i < a.length; i += 1) {
    const [x, y] = [a[i] ?? 0, b[i] ?? 0];
    product += x * y;
    lengthA += x * x;
    lengthB += y * y;
  }
  return product / Math.sqrt(lengthA * lengthB);
}

async function install(): Promise<void> {
  const npm = spawn("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"], {
    cwd: FOLDER,
    stdio: ["ignore", 2, 2],
  });
  const [code] = (await once(npm, "exit")) as [number | null];
  if (code !== 0) throw new Error("npm ci in bench/peers failed; its message is above.");
}

async function runNode(context: BenchContext, file: string, argument: string): Promise<string> {
  const child = spawn(process.execPath, [file, argument], { stdio: ["ignore", "pipe", "pipe"], timeout: PEER_MS });
  context.atEnd(() => Promise.resolve(child.exitCode === null && child.kill("SIGKILL")));
  let [output, errors] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text: string) => (output += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (errors += text));
  const [code, signal] = (await once(child, "close")) as [number | null, string | null];
  if (code !== 0) throw new Error(`it ended with ${code ?? signal}: ${errors.trim().slice(-500)}`);
  return output;
}
