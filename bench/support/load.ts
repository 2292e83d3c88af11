import { setTimeout as after } from "node:timers/promises";
import pg from "pg";
import type { BenchContext } from "../context.ts";
import type { LineTemplate } from "./documents.ts";
import { ndjsonBytes, ndjsonChunks } from "./documents.ts";
import { expectAnswer, RawConnection, requestHead } from "./raw-http.ts";

/** Pushes so many made documents as one NDJSON stream; resolves with the ticket at the 202. */
export async function pushStream(
  ingestUrl: string,
  collection: string,
  templates: readonly LineTemplate[],
  count: number,
): Promise<string> {
  const head = requestHead(
    `/v1/collections/${collection}/documents`,
    "application/x-ndjson",
    ndjsonBytes(templates, count),
  );
  const connection = await RawConnection.open(ingestUrl);
  try {
    const answer = expectAnswer(await connection.stream(head, ndjsonChunks(templates, count)), 202);
    if (answer["accepted"] !== count) throw new Error(`Accepted ${String(answer["accepted"])} of ${count} documents`);
    return String(answer["ticket"]);
  } finally {
    connection.close();
  }
}

/** What was stored up to a time of the ledger's clock, in ms since the epoch. */
export interface StoredAt {
  readonly atMs: number;
  readonly documents: number;
  readonly tokens: number;
}

const LOOK_EVERY_MS = 100;

/** The ledger's clock, in ms since the epoch. */
export async function ledgerNow(databaseUrl: string): Promise<number> {
  return withClient(databaseUrl, async (client) => {
    const { rows } = await client.query<{ ms: number }>(
      "select (extract(epoch from clock_timestamp()) * 1000)::float8 as ms",
    );
    return rows[0]?.ms ?? NaN;
  });
}

/**
 * Waits until nothing is pending and answers how the collection's documents were stored, transaction by transaction. Call
 * it when the push was answered. It looks through the index of pending ones and counts only at the end, because counting
 * again and again would take a part of what is measured.
 * @throws Error when the deadline passed or not so many were stored
 */
export async function waitStored(
  databaseUrl: string,
  collection: string,
  documents: number,
  withinMs: number,
): Promise<StoredAt[]> {
  return withClient(databaseUrl, async (client) => {
    const deadline = performance.now() + withinMs;
    for (;;) {
      const { rows } = await client.query<{ pending: boolean }>(
        "select exists (select from polyseme_store.documents where state in ('queued', 'embedding')) as pending",
      );
      if (rows[0]?.pending === false) break;
      if (performance.now() > deadline) throw new Error(`Documents are still pending after ${withinMs} ms`);
      await after(LOOK_EVERY_MS);
    }
    const { rows } = await client.query<StoredAt>(
      `select (extract(epoch from stored_at) * 1000)::float8 as "atMs",
         (sum(count(*)) over by_time)::int as documents, (sum(sum(token_count)) over by_time)::int as tokens
       from polyseme_store.documents d join polyseme_store.collections c on c.id = d.collection_id
       where c.name = $1 and d.state = 'stored' group by stored_at window by_time as (order by stored_at)
       order by stored_at`,
      [collection],
    );
    const stored = rows.at(-1)?.documents ?? 0;
    if (stored !== documents) throw new Error(`Stored ${stored} of ${documents} documents`);
    return rows;
  });
}

async function withClient<T>(databaseUrl: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/** Units a second from a time of the ledger's clock until the last one was stored. */
export function wholeRate(seen: readonly StoredAt[], startedMs: number, unit: "documents" | "tokens"): number {
  const last = seen.at(-1);
  return last === undefined ? NaN : (last[unit] / (last.atMs - startedMs)) * 1_000;
}

/** Units a second while the shares `from` to `to` of the documents were stored. */
export function steadyRate(
  seen: readonly StoredAt[],
  unit: "documents" | "tokens",
  { from, to }: { from: number; to: number },
): number {
  const all = seen.at(-1)?.documents ?? 0;
  const first = seen.find(({ documents }) => documents >= from * all);
  const last = seen.findLast(({ documents }) => documents <= to * all);
  if (first === undefined || last === undefined || last.atMs <= first.atMs) return NaN;
  return ((last[unit] - first[unit]) / (last.atMs - first.atMs)) * 1_000;
}

/** Runs once for each of the names in turn, several rounds, so that a slow minute falls on all of them. */
export async function interleaved<T extends string, R>(
  context: BenchContext,
  rounds: number,
  names: readonly T[],
  run: (name: T) => Promise<R>,
): Promise<Record<T, R[]>> {
  const results = Object.fromEntries(names.map((name) => [name, [] as R[]])) as Record<T, R[]>;
  for (let round = 1; round <= rounds; round += 1)
    for (const name of names) {
      results[name].push(await run(name));
      context.log(`${name}: run ${round} of ${rounds}`);
    }
  return results;
}
