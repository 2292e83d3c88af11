import { chmod, chown, mkdir, mkdtemp } from "node:fs/promises";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { ask, run, type Account } from "./command.ts";

const FALLBACK_ACCOUNT = "polyseme-servers";

/** Whom the servers run as: Postgres refuses root, so root lends them an account without rights; anyone else is fine. */
export async function serverAccount(): Promise<Account | undefined> {
  if (userInfo().uid !== 0) return undefined;
  const packaged = await accountNamed("postgres");
  if (packaged !== undefined) return packaged;
  const made = await accountNamed(FALLBACK_ACCOUNT);
  if (made !== undefined) return made;
  const details = ["--system", "--user-group", "--no-create-home", "--shell", "/usr/sbin/nologin"];
  await run("useradd", [...details, FALLBACK_ACCOUNT], { withinMs: 30_000 });
  const account = await accountNamed(FALLBACK_ACCOUNT);
  if (account === undefined) throw new Error(`The user ${FALLBACK_ACCOUNT} could not be made: add it, then run again.`);
  return account;
}

/** A folder for the servers' data that their account can reach: `dir`, else one among the temporary files. */
export async function makeHome(dir: string, account: Account | undefined): Promise<string> {
  await mkdir(dir, { recursive: true });
  if (account === undefined) return dir;
  await chmod(dir, 0o755);
  if (await reaches(account, dir)) return dir;
  // A folder above it, such as root's own, is closed to other accounts.
  const home = await mkdtemp(join(tmpdir(), "polyseme-servers-"));
  await chmod(home, 0o755);
  if (await reaches(account, home)) return home;
  throw new Error(
    `User ${account.uid} can open neither ${dir} nor ${home}: let it pass through the folders above one.`,
  );
}

/** A folder for one server's data, closed to all but its account. */
export async function makePrivate(folder: string, account: Account | undefined): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await chmod(folder, 0o700);
  if (account !== undefined) await chown(folder, account.uid, account.gid);
}

async function accountNamed(name: string): Promise<Account | undefined> {
  const [uid, gid] = [await ask("id", ["-u", name]), await ask("id", ["-g", name])];
  return uid === undefined || gid === undefined ? undefined : { uid: Number(uid), gid: Number(gid) };
}

async function reaches(account: Account, folder: string): Promise<boolean> {
  return (await ask("sh", ["-c", 'cd "$1"', "sh", folder], account)) !== undefined;
}
