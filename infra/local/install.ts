import { ask, type Context } from "./command.ts";
import { aptHere, type Apt } from "./apt.ts";
import {
  complete,
  findServers,
  hasPgvector,
  OLDEST_PGVECTOR,
  OLDEST_POSTGRES,
  type Binaries,
  type Found,
} from "./find.ts";
import { withLock } from "./lock.ts";
import { installPgvector } from "./pgvector.ts";

/** One for the machine: whoever installs, installs for all. */
const INSTALL_LOCK = "/run/polyseme-install.lock";
const INSTALL_MS = 1_800_000;

/**
 * The servers' programs, installed first where they are missing and this is root on Debian or Ubuntu.
 * @throws Error that says what is missing and how to install it
 */
export async function haveServers(context: Context): Promise<Binaries> {
  const present = await findServers();
  const binaries = complete(present);
  if (binaries !== undefined) return binaries;

  const apt = await aptHere(context);
  if (apt === undefined) throw new Error(whatToInstall(present));
  await withLock(INSTALL_LOCK, INSTALL_MS, context, () => installMissing(apt, context));

  const found = await findServers();
  const installed = complete(found);
  if (installed === undefined) throw new Error(`Something is missing after the installation. ${whatToInstall(found)}`);
  return installed;
}

async function installMissing(apt: Apt, context: Context): Promise<void> {
  // Looked at again: another process may have installed while this one waited for its turn.
  let found = await findServers();
  if (found.redisServer === undefined) {
    await apt.install(["redis-server"]);
    // The private one is wanted, not one for the whole machine from its next start on.
    await ask("systemctl", ["disable", "redis-server"]);
  }
  if (found.postgres === undefined) {
    await apt.install([`postgresql-${await packagedMajor(apt)}`]);
    found = await findServers();
  }
  if (found.postgres !== undefined && !hasPgvector(found.postgres)) await installPgvector(found.postgres, apt, context);
}

async function packagedMajor(apt: Apt): Promise<number> {
  await apt.candidate("postgresql");
  const names = await apt.needs("postgresql");
  const major = Math.max(0, ...names.map((name) => Number(/^postgresql-(\d+)$/.exec(name)?.[1] ?? 0)));
  if (major >= OLDEST_POSTGRES) return major;
  const { id, codename } = apt.distribution;
  throw new Error(
    `${id} ${codename} has no PostgreSQL ${OLDEST_POSTGRES} or newer. Add the packages of https://www.postgresql.org/download/linux/${id}/, ` +
      `install postgresql-17 and postgresql-17-pgvector, then run this again.`,
  );
}

function whatToInstall({ redisServer, postgres }: Found): string {
  const missing: string[] = [];
  if (redisServer === undefined) missing.push("redis-server");
  if (postgres === undefined) missing.push(`PostgreSQL ${OLDEST_POSTGRES} or newer (postgres, initdb, pg_config)`);
  if (postgres === undefined || !hasPgvector(postgres))
    missing.push(
      `pgvector ${OLDEST_PGVECTOR} or newer${postgres === undefined ? " for it" : ` for the PostgreSQL ${postgres.major} in ${postgres.bin}`}`,
    );
  return (
    `Missing: ${missing.join("; ")}. Install them, then run this again. As root on Debian or Ubuntu this command installs ` +
    `them by itself; on macOS: brew install redis postgresql@17 pgvector, with PostgreSQL's bin folder on the PATH.`
  );
}
