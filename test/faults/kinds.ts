import { pause } from "@polyseme/core";
import { duplicateJobs, emptyRedis, jumpClocks } from "./job-faults.ts";
import type { Random } from "./random.ts";
import type { ServerName } from "./servers.ts";
import type { World } from "./world.ts";

/** A fault of one kind with its choices made: what it does, and what it must have for itself meanwhile. */
export interface Fault {
  readonly kind: FaultKind;
  /** Faults that have a resource in common come one after the other. */
  readonly resources: readonly string[];
  readonly about: string;
  /** Does the harm, waits and heals; it heals also when the signal cuts the wait short. */
  run(world: World, signal: AbortSignal): Promise<void>;
}

export const FAULT_KINDS = [
  "kill-ingest",
  "kill-api",
  "kill-embedder",
  "pause-embedder",
  "kill-redis",
  "lose-redis",
  "empty-redis",
  "pause-redis",
  "kill-postgres",
  "restart-postgres",
  "terminate-backends",
  "read-only",
  "disk-full",
  "delay",
  "cut",
  "half-close",
  "stall",
  "duplicate-jobs",
  "clock-jump",
] as const;
export type FaultKind = (typeof FAULT_KINDS)[number];

export function isFaultKind(text: string): text is FaultKind {
  return FAULT_KINDS.some((kind) => kind === text);
}

/** Longer than a claim, so that the worker wakes when its documents are another's. */
const LONG_PAUSE_MS: readonly [number, number] = [13_000, 16_000];

/** Makes every choice of one fault, so that the same seed gives the same one. */
export function makeFault(kind: FaultKind, random: Random, embedders: number): Fault {
  const lasts = (least: number, most: number): number => random.int(least, most);
  const faultOf = (resources: readonly string[], about: string, run: Fault["run"]): Fault => ({
    kind,
    resources,
    about,
    run,
  });
  const fault = (resource: string, about: string, run: Fault["run"]): Fault => faultOf([resource], about, run);
  switch (kind) {
    case "kill-ingest":
    case "kill-api": {
      const name = kind === "kill-ingest" ? "ingest" : "api";
      const ms = lasts(0, 3_000);
      return fault(name, `down ${ms} ms`, (world) => world[name].kill(ms));
    }
    case "kill-embedder": {
      const [which, ms] = [random.int(0, embedders - 1), lasts(0, 8_000)];
      return fault(`embedder-${which}`, `embedder-${which + 1} down ${ms} ms`, async (world) => {
        await world.embedders[which]?.kill(ms);
      });
    }
    case "pause-embedder": {
      const which = random.int(0, embedders - 1);
      const ms = random.chance(0.7) ? lasts(...LONG_PAUSE_MS) : lasts(500, 6_000);
      return fault(`embedder-${which}`, `embedder-${which + 1} stopped ${ms} ms`, async (world, signal) => {
        const pid = world.embedders[which]?.pid;
        if (pid === undefined) return;
        send(pid, "SIGSTOP");
        await pause(ms, signal);
        send(pid, "SIGCONT");
      });
    }
    case "kill-redis":
    case "lose-redis": {
      const ms = lasts(100, 4_000);
      return fault("redis", `down ${ms} ms`, async ({ servers }, signal) => {
        await servers.kill("redis");
        if (kind === "lose-redis") await servers.loseRedisData();
        await pause(ms, signal);
        await servers.start("redis");
      });
    }
    case "empty-redis":
      return fault("redis", "", (world) => emptyRedis(world));
    case "pause-redis": {
      const ms = lasts(500, 8_000);
      return fault("redis", `stopped ${ms} ms`, async ({ servers }, signal) => {
        servers.signal("redis", "SIGSTOP");
        await pause(ms, signal);
        servers.signal("redis", "SIGCONT");
      });
    }
    case "kill-postgres":
    case "restart-postgres": {
      const ms = lasts(100, 3_000);
      return fault("postgres", `down ${ms} ms`, async ({ servers }, signal) => {
        await (kind === "kill-postgres" ? servers.kill("postgres") : servers.shutDown("postgres"));
        await pause(ms, signal);
        await servers.start("postgres");
      });
    }
    case "terminate-backends":
      return fault("postgres", "", async (world) => {
        await world.sql("select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'polyseme'");
      });
    case "read-only": {
      const ms = lasts(1_000, 6_000);
      return fault("postgres", `for ${ms} ms`, async (world, signal) => {
        await setReadOnly(world, "on");
        await pause(ms, signal);
        await setReadOnly(world, "off");
      });
    }
    case "disk-full": {
      const ms = lasts(1_000, 5_000);
      // Others could not be made meanwhile: Redis would neither start anew nor take what they write.
      return faultOf(["postgres", "redis", "jobs"], `for ${ms} ms`, async ({ servers }, signal) => {
        await servers.disk?.fill();
        await pause(ms, signal);
        await servers.disk?.free();
        // A full disk may have ended either of them.
        await servers.start("postgres");
        await servers.start("redis");
      });
    }
    case "delay":
    case "cut":
    case "half-close":
    case "stall":
      return makeProxyFault(kind, random);
    case "duplicate-jobs": {
      const choices = random.fork("duplicates");
      return fault("jobs", "", (world) => duplicateJobs(world, choices));
    }
    case "clock-jump": {
      const choices = random.fork("clock");
      return fault("jobs", "", (world) => jumpClocks(world, choices));
    }
    default:
      throw new Error(`Unknown kind ${String(kind satisfies never)}`);
  }
}

function makeProxyFault(kind: "delay" | "cut" | "half-close" | "stall", random: Random): Fault {
  const server: ServerName = random.chance(0.5) ? "postgres" : "redis";
  const ms = random.int(300, kind === "delay" ? 6_000 : 5_000);
  const delayMs = random.int(20, 250);
  const about = `${server}${kind === "cut" ? "" : ` for ${ms} ms`}${kind === "delay" ? `, ${delayMs} ms a piece` : ""}`;
  return {
    kind,
    resources: [`proxy-${server}`],
    about,
    async run({ proxies }, signal) {
      const proxy = proxies[server];
      switch (kind) {
        case "delay":
          proxy.delay(delayMs);
          await pause(ms, signal);
          proxy.delay(0);
          return;
        case "cut":
          proxy.cut();
          return;
        case "half-close":
          proxy.halfClose();
          await pause(ms, signal);
          proxy.cut();
          return;
        case "stall":
          proxy.stall(true);
          await pause(ms, signal);
          // Half of the stalls end as networks do: what was held arrives. The others end in a reset.
          if (ms % 2 === 0) proxy.cut();
          proxy.stall(false);
          return;
        default:
          throw new Error(`Unknown kind ${String(kind satisfies never)}`);
      }
    },
  };
}

async function setReadOnly(world: World, value: "on" | "off"): Promise<void> {
  await world.sql(`alter system set default_transaction_read_only = ${value}`);
  await world.sql("select pg_reload_conf()");
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It has ended meanwhile.
  }
}
