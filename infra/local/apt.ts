import { chmod, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { userInfo } from "node:os";
import { ask, lastLines, run, type Context } from "./command.ts";

/** Debian or Ubuntu, as it names itself. */
export interface Distribution {
  readonly id: "debian" | "ubuntu";
  readonly codename: string;
}

/** The package manager of a machine that this process may install on. */
export interface Apt {
  readonly distribution: Distribution;
  /** The version that would be installed; undefined: the distribution has no such package. */
  candidate(name: string): Promise<string | undefined>;
  /** Installs what is missing of these, starting no services, leaving what is there as it is. */
  install(names: readonly string[]): Promise<void>;
  /** Names of the packages that this one needs. */
  needs(name: string): Promise<string[]>;
}

const OPTIONS = [
  "-y",
  "-q",
  "--no-install-recommends",
  "--no-upgrade",
  ...["DPkg::Lock::Timeout=300", "Acquire::Retries=3"].flatMap((option) => ["-o", option]),
  ...["--force-confdef", "--force-confold"].flatMap((option) => ["-o", `Dpkg::Options::=${option}`]),
];
const UPDATE_MS = 300_000;
const INSTALL_MS = 900_000;
const POLICY = "/usr/sbin/policy-rc.d";
const POLICY_TEXT =
  "#!/bin/sh\n# Made by polyseme for the time of an installation: no service is to start.\nexit 101\n";
const CLUSTER_CONFIG = "/etc/postgresql-common/createcluster.conf";

/** apt where it can be used: as root on Debian or Ubuntu. */
export async function aptHere(context: Context): Promise<Apt | undefined> {
  const distribution = await distributionHere();
  if (distribution === undefined || userInfo().uid !== 0) return undefined;
  if ((await ask("apt-get", ["--version"])) === undefined) return undefined;
  return createApt(distribution, context);
}

function createApt(distribution: Distribution, context: Context): Apt {
  let updated = false;
  const update = async (): Promise<void> => {
    if (updated) return;
    context.log("Fetching the lists of packages (apt-get update) ...");
    await aptGet(["-q", "-o", "Acquire::Retries=3", "update"], UPDATE_MS, context);
    updated = true;
  };
  const candidateNow = async (name: string): Promise<string | undefined> => {
    const version = /Candidate: (\S+)/.exec((await ask("apt-cache", ["policy", name])) ?? "")?.[1];
    return version === "(none)" ? undefined : version;
  };
  return {
    distribution,
    async candidate(name) {
      const known = await candidateNow(name);
      if (known !== undefined || updated) return known;
      await update();
      return candidateNow(name);
    },
    async install(names) {
      context.log(`Installing ${names.join(", ")} (apt-get install) ...`);
      const install = async (): Promise<void> => {
        context.signal?.throwIfAborted();
        // Never cut off in the middle: a package that is half unpacked blocks every later installation.
        await aptGet([...OPTIONS, "install", ...names], INSTALL_MS, { log: context.log });
      };
      await withoutStartingServices(async () => {
        try {
          await install();
        } catch (error) {
          if (updated || context.signal?.aborted === true) throw error;
          // Most often the lists are older than what the mirror still has.
          context.log(`Trying once more with new lists, because of: ${lastLines((error as Error).message, 1)}`);
          await update();
          await install();
        }
      });
      context.signal?.throwIfAborted();
    },
    async needs(name) {
      const listed = (await ask("apt-cache", ["depends", "--important", name])) ?? "";
      return [...listed.matchAll(/^\s*\|?Depends: (\S+)/gm)].map((match) => match[1] ?? "");
    },
  };
}

/** apt-get as a script has to call it: nothing asks, nothing is translated. */
export function aptGet(args: readonly string[], withinMs: number, context: Context, cwd?: string): Promise<string> {
  const environment = ["DEBIAN_FRONTEND=noninteractive", "LC_ALL=C", "NEEDRESTART_SUSPEND=1", "UCF_FORCE_CONFFOLD=1"];
  return run("env", [...environment, "apt-get", ...args], {
    withinMs,
    signal: context.signal,
    ...(cwd === undefined ? {} : { cwd }),
  });
}

/** Packages of servers start them at once, on the standard ports, unless the machine's policy says no. */
async function withoutStartingServices(work: () => Promise<void>): Promise<void> {
  const present = await readFile(POLICY, "utf8").catch(() => undefined);
  // One of ours that is there already was left behind by an installation that was killed.
  const ours = present === undefined || present === POLICY_TEXT;
  if (ours) {
    await writeFile(POLICY, POLICY_TEXT);
    await chmod(POLICY, 0o755);
  }
  if ((await ask("dpkg", ["-s", "postgresql-common"])) === undefined) {
    await mkdir("/etc/postgresql-common", { recursive: true });
    await writeFile(CLUSTER_CONFIG, "create_main_cluster = false\n", { flag: "wx" }).catch(() => undefined);
  }
  try {
    await work();
  } finally {
    if (ours) await rm(POLICY, { force: true });
  }
}

async function distributionHere(): Promise<Distribution | undefined> {
  const release = await readFile("/etc/os-release", "utf8").catch(() => "");
  const value = (name: string): string => new RegExp(`^${name}="?([^"\n]*)"?$`, "m").exec(release)?.[1] ?? "";
  const id = value("ID");
  return id === "debian" || id === "ubuntu" ? { id, codename: value("VERSION_CODENAME") } : undefined;
}
