import { rm } from "node:fs/promises";
import { makeEmbeddedFolder } from "../support/embedded-folder.ts";
import { startServeAll, startService, type ServiceProcess } from "../support/processes.ts";
import { freshServers, QUICK_START } from "../support/stack.ts";
import { FUZZ_KEY } from "./key.ts";
import type { Target } from "./fuzz.ts";
import { ledgerInPostgres, ledgerOverHttp, type Ledger } from "./ledger-digest.ts";

/** Real processes to send to. */
export interface FuzzStack {
  readonly targets: readonly Target[];
  readonly ledger: Ledger;
  /** What the processes have written to standard error. */
  log(): string;
  stop(): Promise<void>;
}

const SETTINGS = {
  ...QUICK_START,
  POLYSEME_API_KEYS: FUZZ_KEY,
  POLYSEME_ENCODER_THREADS: "1",
  POLYSEME_LOG_LEVEL: "warn",
};

/** Ingest, embedder and api as processes on a fresh database. */
export async function startServicesToFuzz(databaseUrl: string, redisUrl: string): Promise<FuzzStack> {
  const servers = await freshServers(databaseUrl, redisUrl);
  const started: ServiceProcess[] = [];
  const ledger = ledgerInPostgres(servers.environment.DATABASE_URL);
  const stop = async (): Promise<void> => {
    await ledger.close();
    await Promise.all(started.map((service) => service.end("SIGTERM")));
    await servers.drop();
  };
  try {
    for (const name of ["ingest", "embedder", "api"] as const)
      started.push(await startService(name, { ...SETTINGS, ...servers.environment }));
  } catch (error) {
    await stop();
    throw error;
  }
  return { targets: started, ledger, log: () => started.map((service) => service.log()).join(""), stop };
}

/** `polyseme serve all` on the embedded stack. */
export async function startEmbeddedToFuzz(): Promise<FuzzStack> {
  const dataDir = await makeEmbeddedFolder();
  const all = await startServeAll({ ...SETTINGS, POLYSEME_DATA_DIR: dataDir }).catch(async (error: unknown) => {
    await rm(dataDir, { recursive: true, force: true });
    throw error;
  });
  return {
    targets: [all],
    ledger: ledgerOverHttp(all.url),
    log: () => all.log(),
    async stop() {
      await all.end("SIGTERM");
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
