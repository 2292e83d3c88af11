import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { startServers } from "../../infra/local/servers.ts";
import { fuzz, type FuzzResult } from "./fuzz.ts";
import { startEmbeddedToFuzz, startServicesToFuzz, type FuzzStack } from "./stacks.ts";

const HELP = `Usage: npm run test:fuzz -- [--requests N] [--seed S] [--stack services|embedded|both]

  Sends N requests (20,000) made from /openapi.json, valid, nearly valid and wild, to running processes: ingest,
  embedder and api on a private Redis and Postgres, or \`serve all\` on the embedded stack. The same seed sends the same.
`;

const { values } = parseArgs({
  options: {
    requests: { type: "string", default: "20000" },
    seed: { type: "string", default: String(Date.now() % 1_000_000_000) },
    stack: { type: "string", default: "both" },
    help: { type: "boolean", short: "h", default: false },
  },
});

const log = (line: string): void => void process.stderr.write(`${line}\n`);
/** Slices of a seed count up from it, so two stacks of a run must not be neighbours. */
const SEEDS_APART = 100_000;

if (values.help) process.stdout.write(HELP);
else process.exitCode = (await runAll()) ? 0 : 1;

async function runAll(): Promise<boolean> {
  const seed = Number(values.seed);
  const stacks = ["services", "embedded"].filter((name) => values.stack === name || values.stack === "both");
  if (stacks.length === 0 || !Number.isInteger(seed) || !(Number(values.requests) > 0)) {
    log(HELP);
    return false;
  }
  const requests = Math.ceil(Number(values.requests) / stacks.length);
  let isGood = true;
  for (const [index, name] of stacks.entries()) {
    const ownSeed = seed + index * SEEDS_APART;
    log(`${requests} requests to ${name}, seed ${ownSeed}`);
    const good =
      name === "services"
        ? await onServices(ownSeed, requests)
        : await runOn(await startEmbeddedToFuzz(), ownSeed, requests);
    isGood &&= good;
  }
  return isGood;
}

async function onServices(seed: number, requests: number): Promise<boolean> {
  const dir = await mkdtemp(join(tmpdir(), "polyseme-fuzz-servers-"));
  await chmod(dir, 0o755);
  const servers = await startServers({ dir, durability: "test", log });
  try {
    return await runOn(await startServicesToFuzz(servers.databaseUrl, servers.redisUrl), seed, requests);
  } finally {
    await servers.stop();
    await rm(dir, { recursive: true, force: true });
  }
}

async function runOn(stack: FuzzStack, seed: number, requests: number): Promise<boolean> {
  try {
    const result = await fuzz({ ...stack, requests, seed, log });
    report(result);
    return result.breaches.length === 0 && result.memory.every(({ isFlat }) => isFlat);
  } finally {
    const lines = stack
      .log()
      .split("\n")
      .filter((line) => line.trim() !== "");
    if (lines.length > 0)
      log(`The processes wrote ${lines.length} lines; the last:\n${lines.slice(-5).join("\n").slice(0, 4_000)}`);
    await stack.stop();
  }
}

function report({ sent, byStatus, breaches, memory, seconds }: FuzzResult): void {
  const statuses = Object.entries(byStatus).map(([status, count]) => `${status}: ${count}`);
  process.stdout.write(
    `${sent} requests in ${seconds.toFixed(0)} s, ${breaches.length} breaches. ${statuses.join(", ")}\n`,
  );
  for (const { url, secondThirdMb, lastThirdMb, isFlat } of memory)
    process.stdout.write(
      `${url}: ${secondThirdMb.toFixed(0)} MB in the second third, ${lastThirdMb.toFixed(0)} MB in the last: ${isFlat ? "flat" : "GROWING"}\n`,
    );
}
