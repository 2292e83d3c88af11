import { access, constants } from "node:fs/promises";
import { availableParallelism, freemem, totalmem } from "node:os";
import { dirname, resolve } from "node:path";
import { adviseOnIndexes, openBackends, readDataDirHolder, readIndexHealth, type Advice } from "@polyseme/backends";
import { messageOf, withDeadline, type BackendConfig, type Config } from "@polyseme/core";
import { encodeTexts, findModel, openEncoder, readModelFolder, readPairFolder } from "@polyseme/encoder";

export interface CheckResult {
  readonly name: string;
  readonly ok: boolean;
  /** What was found. */
  readonly found: string;
  /** What to do: when it is not ok, or when it could be better. */
  readonly next?: string;
}

const LEAST_NODE = { major: 20, minor: 19 } as const;
const LEAST_MEMORY_BYTES = 1024 ** 3;
const SERVERS_DEADLINE_MS = 15_000;
const ENCODER_DEADLINE_MS = 60_000;
const SAMPLE = { text: "Hello world", tokens: 4 } as const;

/** All checks in the order in which a start would meet them. Each tells; none throws. */
export async function* runChecks(
  config: Config,
  process: { nodeVersion: string; pid: number },
): AsyncGenerator<CheckResult> {
  yield checkNode(process.nodeVersion);
  yield checkMachine();
  const files = await guarded(
    "model files",
    "Set POLYSEME_MODEL to one of polyseme models list, or replace the file.",
    () => checkModelFiles(config),
  );
  yield files;
  if (files.ok)
    yield await guarded("inference", "Run npm ci again; on Linux, onnxruntime-node needs glibc 2.28 or later.", () =>
      checkInference(config),
    );
  const { rerankModel } = config;
  if (rerankModel !== undefined)
    yield await guarded(
      "model for pairs",
      "Set POLYSEME_RERANK_MODEL to one of polyseme models list, or leave it out.",
      () => checkPairFiles(rerankModel, config.modelsDir),
    );
  if (config.backend.kind === "embedded") {
    yield await checkDataDir(config.backend.dataDir);
    return;
  }
  const servers = await checkServers(config.backend, process.pid);
  yield servers;
  if (servers.ok) yield* checkIndexes(config.backend, process.pid);
}

export function checkNode(version: string): CheckResult {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const ok = major > LEAST_NODE.major || (major === LEAST_NODE.major && minor >= LEAST_NODE.minor);
  const next = { next: `Install Node ${LEAST_NODE.major}.${LEAST_NODE.minor} or later: https://nodejs.org` };
  return { name: "Node", ok, found: version, ...(ok ? {} : next) };
}

function checkMachine(): CheckResult {
  const ok = totalmem() >= LEAST_MEMORY_BYTES;
  const found = `${availableParallelism()} cores, ${gibibytes(totalmem())} GiB memory, ${gibibytes(freemem())} GiB of it free`;
  return { name: "machine", ok, found, ...(ok ? {} : { next: "Give it at least 1 GiB of memory." }) };
}

async function checkModelFiles({ model, modelsDir }: Config): Promise<string> {
  const { name, folder } = await findModel(model, { modelsDir });
  const { file, dimensions, maxTokens, pooling } = await readModelFolder(folder);
  return `${name}, ${file}: ${dimensions} dimensions, ${maxTokens} tokens, ${pooling} pooling`;
}

async function checkPairFiles(model: string, modelsDir: string | undefined): Promise<string> {
  const { name, folder } = await findModel(model, { modelsDir });
  const { file, maxTokens } = await readPairFolder(folder);
  return `${name}, ${file}: ${maxTokens} tokens`;
}

async function checkInference({ model, modelsDir, device, cacheDir }: Config): Promise<string> {
  const { folder, name } = await findModel(model, { modelsDir });
  return withDeadline("the model to load and run", ENCODER_DEADLINE_MS, async () => {
    const encoder = await openEncoder({ folder, name, device, cacheDir, threads: 1 });
    try {
      const [result] = await encodeTexts(encoder, [SAMPLE.text], { wants: { contextual: true }, lane: "interactive" });
      const tokens = result?.tokens.ids.length ?? 0;
      const { tokenDimensions: dimensions } = encoder.info;
      if (tokens < SAMPLE.tokens || result?.encoded.contextual?.length !== tokens * dimensions)
        throw new Error(
          `"${SAMPLE.text}" gave ${result?.encoded.contextual?.length ?? 0} numbers for ${tokens} tokens.`,
        );
      const ms = Math.round(result.encoded.timing.encodeMs);
      return `onnxruntime runs; "${SAMPLE.text}" gives [1,${tokens},${dimensions}] in ${ms} ms on ${encoder.info.device}`;
    } finally {
      await encoder.close();
    }
  });
}

async function checkDataDir(dataDir: string): Promise<CheckResult> {
  const folder = resolve(dataDir);
  const holder = await readDataDirHolder(folder);
  const name = "data folder";
  if (holder !== undefined) {
    const serves = holder.url === undefined ? "which does not serve yet" : `which serves ${holder.url}`;
    return { name, ok: true, found: `${folder} is used by process ${holder.pid} on ${holder.host}, ${serves}` };
  }
  return guarded(name, "Set POLYSEME_DATA_DIR to a folder that this user may write.", async () => {
    const existing = await nearestExisting(folder);
    await access(existing, constants.W_OK);
    return `${folder} is free${existing === folder ? "" : "; the first start will make it"}`;
  });
}

async function nearestExisting(folder: string): Promise<string> {
  for (let path = folder; ; path = dirname(path)) {
    const found = await access(path).then(
      () => true,
      () => false,
    );
    if (found || dirname(path) === path) return path;
  }
}

async function checkServers(backend: BackendConfig, pid: number): Promise<CheckResult> {
  const name = backend.kind === "servers" ? "Postgres and Redis" : "Postgres";
  const next = `Check DATABASE_URL${backend.kind === "servers" ? " and REDIS_URL" : ""}; npm run servers -- up starts private ones.`;
  return guarded(name, next, () =>
    withDeadline(`${name} to answer`, SERVERS_DEADLINE_MS, async () => {
      const backends = await openBackends(backend, { pid, onError: () => undefined });
      try {
        const { rows } = await backends.database.query<{ server: string; vector: string | null }>(
          "select current_setting('server_version') as server, (select extversion from pg_extension where extname = 'vector') as vector",
        );
        const queued = await backends.queues.countEmbedJobs();
        const { server = "?", vector = null } = rows[0] ?? {};
        if (vector === null)
          throw new Error("The extension vector is not there. Install pgvector on the Postgres server.");
        const queue = backend.kind === "servers" ? "Redis answers" : "the queue answers";
        return `Postgres ${server} with pgvector ${vector}; ${queue}, ${queued} jobs wait`;
      } finally {
        await backends.close();
      }
    }),
  );
}

/** Advice fails nothing: the service runs, and would run better. */
async function* checkIndexes(backend: BackendConfig, pid: number): AsyncGenerator<CheckResult> {
  const advice: Advice[] = [];
  const looked = await guarded(
    "indexes",
    "Give this user of the database the right to read the schema polyseme_store.",
    () =>
      withDeadline("the indexes", SERVERS_DEADLINE_MS, async () => {
        const backends = await openBackends(backend, { pid, onError: () => undefined });
        try {
          const health = await readIndexHealth(backends.database);
          advice.push(...adviseOnIndexes(health));
          const graphs = health.collections.flatMap(({ built }) => built.filter(({ kind }) => kind === "vector"));
          const found = `${graphs.length} HNSW, ${(health.graphBytes / 1024 ** 2).toFixed(0)} MB`;
          return advice.length === 0 ? `${found}; all well` : found;
        } finally {
          await backends.close();
        }
      }),
  );
  yield looked;
  for (const { about, found, next } of advice) yield { name: `index of ${about}`, ok: true, found, next };
}

async function guarded(name: string, next: string, check: () => Promise<string>): Promise<CheckResult> {
  try {
    return { name, ok: true, found: await check() };
  } catch (error) {
    return { name, ok: false, found: messageOf(error), next };
  }
}

function gibibytes(bytes: number): string {
  return (bytes / 1024 ** 3).toFixed(1);
}
