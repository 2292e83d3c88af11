import { readFile, readdir } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { PolysemeError } from "@polyseme/core";
import type { Database } from "./database.ts";
import { errorCode } from "./store-error.ts";

/** Any number that is ours alone; every starting process takes this lock, so twenty may start at once. */
const MIGRATION_LOCK = 7_305_921;

const FOLDER = fileURLToPath(new URL("../migrations", import.meta.url));

/** pgvector releases before this lack what search relies on (iterative scans). */
const LEAST_PGVECTOR = [0, 8] as const;

/**
 * Brings the database to the newest schema: numbered SQL files, each once, all in one transaction.
 * @throws PolysemeError `unavailable` when pgvector is missing or too old, or the schema is newer than this program
 */
export async function migrate(database: Database): Promise<void> {
  const files = (await readdir(FOLDER)).filter((name) => /^\d{4}_.*\.sql$/.test(name)).sort();
  await database.withTransaction(async (sql) => {
    await sql.query(`select pg_advisory_xact_lock(${MIGRATION_LOCK})`);
    await sql.query("create extension if not exists vector").catch((error: unknown) => {
      throw explainMissingExtension(error);
    });
    await checkExtensionVersion(sql);
    await sql.query("create schema if not exists polyseme");
    await sql.query("create schema if not exists polyseme_store");
    await sql.query(
      "create table if not exists polyseme_store.migrations (number integer primary key, name text not null, applied_at timestamptz not null default now())",
    );
    const { rows } = await sql.query<{ number: number }>("select number from polyseme_store.migrations");
    const applied = new Set(rows.map((row) => row.number));
    const newest = Math.max(...files.map(numberOf));
    const unknown = [...applied].filter((number) => number > newest);
    if (unknown.length > 0)
      throw new PolysemeError(
        "unavailable",
        `The database has schema version ${Math.max(...unknown)}, this program knows ${newest}. Start a newer polyseme.`,
      );
    for (const name of files.filter((file) => !applied.has(numberOf(file)))) {
      await sql.query(await readFile(`${FOLDER}/${name}`, "utf8"));
      await sql.query("insert into polyseme_store.migrations (number, name) values ($1, $2)", [numberOf(name), name]);
    }
  });
}

function numberOf(fileName: string): number {
  return Number(fileName.slice(0, 4));
}

async function checkExtensionVersion(sql: { query: Database["query"] }): Promise<void> {
  const { rows } = await sql.query<{ version: string }>(
    "select extversion as version from pg_extension where extname = 'vector'",
  );
  const version = rows[0]?.version ?? "0";
  const [major = 0, minor = 0] = version.split(".").map(Number);
  if (major > LEAST_PGVECTOR[0] || (major === LEAST_PGVECTOR[0] && minor >= LEAST_PGVECTOR[1])) return;
  throw new PolysemeError(
    "unavailable",
    `pgvector ${version} is too old, ${LEAST_PGVECTOR.join(".")} or later is needed. Install it, then run: alter extension vector update;`,
  );
}

function explainMissingExtension(error: unknown): unknown {
  const code = errorCode(error);
  // 0A000 and 58P01: the extension's files are not there; 42501: no right to create it.
  if (code === "0A000" || code === "58P01")
    return new PolysemeError(
      "unavailable",
      "Postgres has no pgvector. Use the image pgvector/pgvector, your provider's switch for it, or `npm run servers -- up` for a private one.",
      { cause: error },
    );
  if (code === "42501")
    return new PolysemeError(
      "unavailable",
      "This database user may not create the extension vector. Ask an administrator to run: create extension vector;",
      { cause: error },
    );
  return error;
}
