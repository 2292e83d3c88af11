import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { startServers, stopServers } from "./servers.ts";
import { REDIS_KINDS } from "./state.ts";

const HELP = `Usage: npm run servers -- up | down [--redis KIND] [--dir FOLDER]

  up    starts a private Redis and Postgres with pgvector on free ports, installing what is missing (as root on
        Debian and Ubuntu); returns when both answer and prints DATABASE_URL=... and REDIS_URL=...
        Called again, it prints the same lines and repairs what has stopped.
  down  stops them and removes their data

  --redis KIND  single (the default), cluster (three masters, each with a replica) or sentinel (a master and its
                replica, watched by three sentinels); a later \`up\` keeps what there is
  --dir FOLDER  where their state, data and logs are (default: .servers in the repository)
`;

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { dir: { type: "string" }, redis: { type: "string" }, help: { type: "boolean", short: "h" } },
  });
  if (values.help === true) {
    process.stdout.write(HELP);
    return;
  }
  const dir =
    values.dir === undefined ? fileURLToPath(new URL("../../.servers", import.meta.url)) : resolve(values.dir);
  const log = (line: string): void => void process.stderr.write(`${line}\n`);
  const [command] = positionals;
  if (positionals.length !== 1 || (command !== "up" && command !== "down"))
    throw new Error("Say either `up` or `down`; `npm run servers -- --help` tells more.");

  const redis = REDIS_KINDS.find((kind) => kind === values.redis);
  if (redis !== values.redis) throw new Error(`--redis must be one of ${REDIS_KINDS.join(", ")}.`);

  // Called off in order: a half-done installation cleans up after itself, servers under way stay recorded for `down`.
  const controller = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
    process.once(signal, () => {
      controller.abort(new Error(`Called off by ${signal}. \`npm run servers -- down\` removes what was begun.`));
    });

  if (command === "down") {
    await stopServers({ dir, log });
    log("Stopped; the data is removed.");
    return;
  }
  const { databaseUrl, redisUrl } = await startServers({ dir, log, redis, signal: controller.signal });
  process.stdout.write(`DATABASE_URL=${databaseUrl}\nREDIS_URL=${redisUrl}\n`);
}

/** An error in one line each for it and what it came from. */
function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const causes = error instanceof AggregateError ? error.errors : error.cause === undefined ? [] : [error.cause];
  return [error.message, ...causes.map((cause) => `caused by: ${explain(cause)}`)].join("\n");
}

try {
  await main();
} catch (error) {
  process.stderr.write(`${explain(error)}\n`);
  process.exitCode = 1;
}
