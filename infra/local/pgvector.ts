import { access, chmod, chown, mkdir, mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ownArchive, parseDeb822, parseOneLine, sourcePackagesLine, type AptSource } from "./apt-sources.ts";
import { aptGet, type Apt, type Distribution } from "./apt.ts";
import { ask, run, type Context } from "./command.ts";
import { atLeast, OLDEST_PGVECTOR, type Postgres } from "./find.ts";

/** The release whose source package is new enough, and the part of the archive that has it. */
const SOURCE_RELEASE = {
  debian: { suite: "trixie", components: ["main"] },
  ubuntu: { suite: "resolute", components: ["main", "universe"] },
} as const;

/** Installs a new enough pgvector for this server: the distribution's package, else built from a newer release's source. */
export async function installPgvector(postgres: Postgres, apt: Apt, context: Context): Promise<void> {
  const name = `postgresql-${postgres.major}-pgvector`;
  const packaged = await apt.candidate(name);
  if (packaged !== undefined && atLeast(packaged, OLDEST_PGVECTOR)) {
    await apt.install([name]);
    return;
  }
  await apt.install(["gcc", "libc6-dev", "make", "dpkg-dev", `postgresql-server-dev-${postgres.major}`]);
  const folder = await mkdtemp(join(tmpdir(), "polyseme-pgvector-"));
  try {
    const source = await fetchSource(folder, apt.distribution, context);
    context.log(`Building pgvector for PostgreSQL ${postgres.major} ...`);
    // Without -march=native: the library may be copied to another machine with the rest of an image.
    const make = [`PG_CONFIG=${join(postgres.bin, "pg_config")}`, "OPTFLAGS=", "with_llvm=no"];
    const options = { cwd: source, withinMs: 300_000, signal: context.signal };
    await run("make", ["-j2", ...make], options);
    await run("make", ["install", ...make], options);
  } catch (error) {
    context.signal?.throwIfAborted();
    throw new Error(
      `pgvector ${OLDEST_PGVECTOR} or newer for PostgreSQL ${postgres.major} could not be built from the source package of ` +
        `${SOURCE_RELEASE[apt.distribution.id].suite}. Install it by hand (https://github.com/pgvector/pgvector#installation, ` +
        `with PG_CONFIG=${join(postgres.bin, "pg_config")}), then run this again.`,
      { cause: error },
    );
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Fetches and unpacks the source with a configuration of its own, so that the machine's own apt stays as it is. */
async function fetchSource(folder: string, distribution: Distribution, context: Context): Promise<string> {
  const list = join(folder, "sources.list");
  const target = join(folder, "source");
  for (const part of ["lists/partial", "cache/archives/partial", "source"])
    await mkdir(join(folder, part), { recursive: true });
  await openToDownloads(folder, ["lists/partial", "source"]);
  const options = [
    `Dir::Etc::SourceList=${list}`,
    "Dir::Etc::SourceParts=/dev/null",
    `Dir::State::Lists=${join(folder, "lists")}`,
    `Dir::Cache=${join(folder, "cache")}`,
    "Acquire::Languages=none",
    "Acquire::Retries=3",
    // A default release set on the machine does not exist in this list.
    "APT::Default-Release=",
  ].flatMap((option) => ["-o", option]);

  const { suite, components } = SOURCE_RELEASE[distribution.id];
  const mirrors = await mirrorsHere(distribution);
  if (mirrors.length === 0)
    throw new Error(`apt's sources name no ${distribution.id} mirror with ${distribution.codename}`);
  const failures: unknown[] = [];
  for (const mirror of mirrors) {
    context.log(`Fetching pgvector's source package of ${suite} ...`);
    try {
      await writeFile(list, sourcePackagesLine(mirror, suite, components));
      await aptGet(["-q", ...options, "update"], 180_000, context);
      await aptGet(["-q", ...options, "source", "--only-source", "pgvector"], 180_000, context, target);
      const unpacked = (await readdir(target, { withFileTypes: true })).find((entry) => entry.isDirectory());
      if (unpacked !== undefined) return join(target, unpacked.name);
      failures.push(new Error("apt-get source unpacked nothing"));
    } catch (error) {
      context.signal?.throwIfAborted();
      failures.push(error);
    }
  }
  throw failures.length === 1 ? failures[0] : new AggregateError(failures, "No mirror gave the source package");
}

/** The distribution's mirrors that this machine uses, each with the key that has to have signed what comes from it. */
async function mirrorsHere(distribution: Distribution): Promise<AptSource[]> {
  const folder = "/etc/apt/sources.list.d";
  const files = (await readdir(folder).catch(() => [])).sort().map((name) => join(folder, name));
  const sources: AptSource[] = [];
  for (const file of ["/etc/apt/sources.list", ...files]) {
    const text = await readFile(file, "utf8").catch(() => "");
    if (file.endsWith(".list")) sources.push(...parseOneLine(text));
    if (file.endsWith(".sources")) sources.push(...parseDeb822(text));
  }
  const keyring = `/usr/share/keyrings/${distribution.id}-archive-keyring.gpg`;
  const fallback = await access(keyring).then(
    () => keyring,
    () => undefined,
  );
  return ownArchive(sources, distribution.id, distribution.codename).map((source) => ({
    ...source,
    signedBy: source.signedBy ?? fallback,
  }));
}

/** apt downloads as an account of its own, which has to reach and write these folders. */
async function openToDownloads(folder: string, parts: readonly string[]): Promise<void> {
  await chmod(folder, 0o755);
  const uid = await ask("id", ["-u", "_apt"]);
  if (uid === undefined) return;
  for (const part of parts) await chown(join(folder, part), Number(uid), 0);
}
