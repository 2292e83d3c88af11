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

/** How many documents, and tokens of theirs, were stored at which time. */
export interface StoredAt {
  readonly atMs: number;
  readonly documents: number;
  readonly tokens: number;
}

const LOOK_EVERY_MS = 200;

/**
 * Watches the ledger until so many documents of the database are stored. The times are `performance.now()`'s.
 * @throws Error when one failed or the deadline passed
 */
export async function watchStored(
  databaseUrl: string,
  until: number,
  withinMs: number,
  onLook: (stored: StoredAt) => void = () => undefined,
): Promise<StoredAt[]> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  const seen: StoredAt[] = [];
  const deadline = performance.now() + withinMs;
  try {
    for (;;) {
      const { rows } = await client.query<{ documents: number; tokens: number; failed: number }>(
        `select count(*) filter (where state = 'stored')::int as documents,
           coalesce(sum(token_count) filter (where state = 'stored'), 0)::int as tokens,
           count(*) filter (where state = 'failed')::int as failed
         from polyseme_store.documents`,
      );
      const [row] = rows;
      if (row === undefined || row.failed > 0) throw new Error(`${row?.failed ?? "?"} documents failed`);
      const stored = { atMs: performance.now(), documents: row.documents, tokens: row.tokens };
      seen.push(stored);
      onLook(stored);
      if (row.documents >= until) return seen;
      if (performance.now() > deadline) throw new Error(`Stored ${row.documents} of ${until} in ${withinMs} ms`);
      await after(LOOK_EVERY_MS);
    }
  } finally {
    await client.end();
  }
}

/** Units a second between the first look with `from` of all documents stored and the last one with at most `to`. */
export function steadyRate(
  seen: readonly StoredAt[],
  all: number,
  unit: "documents" | "tokens",
  from = 0.1,
  to = 0.9,
): number {
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
