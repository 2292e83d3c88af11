import { messageOf } from "@polyseme/core";
import pg from "pg";

/** Statements against somebody else's database: reading only, each in a transaction of its own. */
export interface SourceDatabase {
  /** `host:port/name`, for people. */
  readonly name: string;
  rows<Row extends object>(statement: string, values?: readonly unknown[]): Promise<Row[]>;
  /** Names and type numbers of the columns that a query has. */
  columns(query: string): Promise<{ readonly name: string; readonly type: number }[]>;
  close(): Promise<void>;
}

const CONNECT_MS = 10_000;
const STATEMENT_MS = 300_000;
/** Nothing is kept in the session, so that a pooler between may give each transaction another one. */
const BEGIN = `begin transaction read only; set local datestyle = 'ISO'; set local statement_timeout = ${STATEMENT_MS}`;

/**
 * Connects to a source. No error of it holds the password.
 * @throws Error that says what is wrong with the address, or that the server does not let in
 */
export async function connectSource(url: string): Promise<SourceDatabase> {
  if (!URL.canParse(url) || !/^postgres(ql)?:$/.test(new URL(url).protocol))
    throw new Error("--from-postgres wants an address such as postgres://user@host:5432/database.");
  const clean = cleaner(url);
  const client = new pg.Client({
    connectionString: url,
    application_name: "polyseme ingest",
    connectionTimeoutMillis: CONNECT_MS,
    keepAlive: true,
  });
  // A connection that is lost while nothing is asked is noticed by the next question.
  client.on("error", () => undefined);
  const name = `${client.host}:${client.port}/${client.database ?? ""}`;
  await client.connect().catch((error: unknown) => {
    throw new Error(`The source ${name} cannot be reached: ${clean(messageOf(error))}`);
  });
  const ask = async <Row extends object>(
    statement: string,
    values: readonly unknown[],
  ): Promise<pg.QueryResult<Row>> => {
    await client.query(BEGIN);
    try {
      return await client.query<Row>(statement, [...values]);
    } finally {
      await client.query("rollback");
    }
  };
  const told = (error: unknown): never => {
    throw new Error(`The source ${name} answers: ${clean(messageOf(error))}`);
  };
  return {
    name,
    rows: async <Row extends object>(statement: string, values: readonly unknown[] = []) =>
      (await ask<Row>(statement, values).catch(told)).rows,
    columns: async (query) =>
      (await ask(query, []).catch(told)).fields.map((field) => ({ name: field.name, type: field.dataTypeID })),
    close: () => client.end().catch(() => undefined),
  };
}

/** Takes the password of an address out of a text, as it is written there and as it is meant. */
export function cleaner(url: string): (text: string) => string {
  const { password, searchParams } = new URL(url);
  const secrets = [password, decode(password), searchParams.get("password") ?? ""].filter((secret) => secret !== "");
  return (text) => secrets.reduce((cleaned, secret) => cleaned.replaceAll(secret, "***"), text);
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
