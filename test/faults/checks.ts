import { isErrorCode } from "@polyseme/core";
import { chunkTable } from "@polyseme/store";
import type { History } from "./history.ts";
import type { Random } from "./random.ts";
import { copyIn } from "./texts.ts";
import type { World } from "./world.ts";

export interface Breach {
  readonly kind:
    "lost" | "doubled" | "stale" | "undead" | "pending" | "counts" | "ticket" | "search" | "answer" | "crash";
  readonly what: string;
}

export interface Checked {
  readonly breaches: readonly Breach[];
  readonly stored: number;
  readonly failed: number;
  /** Ids whose end the faults left open, so that more than one content is right. */
  readonly open: number;
}

export interface DocumentRow {
  readonly id: string;
  readonly state: string;
  readonly text: string;
  readonly error_code: string | null;
  readonly revision: string;
  readonly stored_revision: string;
  readonly chunk_count: number;
}

export interface ChunkRow {
  readonly document_id: string;
  readonly ordinal: number;
  readonly start_offset: number;
  readonly end_offset: number;
  readonly text: string;
}

const SAMPLE = 5;

/** Everything that must be true once nothing is pending any more, by SQL and by HTTP. */
export async function checkAll(
  world: World,
  given: { collection: string; history: History; tickets: readonly string[]; random: Random },
): Promise<Checked> {
  const { collection, history, tickets } = given;
  const [found] = await world.sql<{ id: number; generation: number }>(
    "select id, live_generation as generation from polyseme_store.collections where name = $1",
    [collection],
  );
  if (found === undefined) throw new Error("The collection is gone");
  const rows = await world.sql<DocumentRow>(
    `select id, state, text, error_code, revision, stored_revision, chunk_count
     from polyseme_store.documents where collection_id = $1 order by id`,
    [found.id],
  );
  const chunks = await world.sql<ChunkRow>(
    `select document_id, ordinal, start_offset, end_offset, text from ${chunkTable(found.id, found.generation)}
     order by document_id, ordinal`,
  );
  const breaches = [
    ...checkDocuments(history, rows, chunks),
    ...(await checkCounts(world, collection, rows, chunks)),
    ...(await checkTickets(world, tickets)),
    ...(await checkSearch(world, collection, given.random.some(rows.filter(isStored), SAMPLE))),
  ];
  return {
    breaches,
    stored: rows.filter(isStored).length,
    failed: rows.filter(({ state }) => state === "failed").length,
    open: history.ids.filter((id) => history.allowed(id).size > 1).length,
  };
}

function isStored({ state }: DocumentRow): boolean {
  return state === "stored";
}

/** The rows and chunks against what was asked for. */
export function checkDocuments(history: History, rows: readonly DocumentRow[], chunks: readonly ChunkRow[]): Breach[] {
  const breaches: Breach[] = [];
  const byId = new Map(rows.map((row) => [row.id, row]));
  const chunksOf = new Map<string, ChunkRow[]>();
  for (const chunk of chunks) chunksOf.set(chunk.document_id, [...(chunksOf.get(chunk.document_id) ?? []), chunk]);

  for (const id of history.ids) {
    const allowed = history.allowed(id);
    const row = byId.get(id);
    if (row === undefined) {
      if (!allowed.has(undefined)) breaches.push({ kind: "lost", what: `${id} is not there; ${expected(allowed)}` });
      continue;
    }
    const copy = copyIn(row.text);
    if (copy?.id !== id || !allowed.has(copy.copy))
      breaches.push({
        kind: allowed.size === 1 && allowed.has(undefined) ? "undead" : "stale",
        what: `${id} has copy ${copy?.copy ?? "?"}; ${expected(allowed)}`,
      });
    breaches.push(...checkDocument(row, chunksOf.get(id) ?? []));
  }
  const known = new Set(history.ids);
  for (const id of byId.keys()) if (!known.has(id)) breaches.push({ kind: "undead", what: `${id} was never pushed` });
  for (const [id, own] of chunksOf)
    if (!byId.has(id)) breaches.push({ kind: "undead", what: `${own.length} chunks of ${id}, which has no row` });
  return breaches;
}

function checkDocument(row: DocumentRow, chunks: readonly ChunkRow[]): Breach[] {
  const about = `${row.id} (${row.state}, revision ${row.revision}, stored ${row.stored_revision})`;
  switch (row.state) {
    case "stored":
      break;
    case "failed":
      return isErrorCode(row.error_code) ? [] : [{ kind: "lost", what: `${about} failed without a code` }];
    default:
      return [{ kind: "pending", what: about }];
  }
  const breaches: Breach[] = [];
  if (row.stored_revision !== row.revision)
    breaches.push({ kind: "stale", what: `${about}: stored is another revision` });
  if (chunks.length === 0) return [...breaches, { kind: "lost", what: `${about} has no chunk` }];
  if (chunks.length !== row.chunk_count || chunks.some(({ ordinal }, index) => ordinal !== index))
    breaches.push({
      kind: "doubled",
      what: `${about} has chunks ${chunks.map(({ ordinal }) => ordinal).join(", ")} and counts ${row.chunk_count}`,
    });
  let covered = 0;
  for (const chunk of chunks) {
    if (row.text.slice(chunk.start_offset, chunk.end_offset) !== chunk.text)
      breaches.push({ kind: "stale", what: `${about}: chunk ${chunk.ordinal} is of another text: ${chunk.text}` });
    if (row.text.slice(covered, chunk.start_offset).trim() !== "" || chunk.start_offset < covered)
      breaches.push({
        kind: "doubled",
        what: `${about}: chunk ${chunk.ordinal} does not begin where the last one ends`,
      });
    covered = chunk.end_offset;
  }
  if (row.text.slice(covered).trim() !== "") breaches.push({ kind: "lost", what: `${about}: its end has no chunk` });
  return breaches;
}

function expected(allowed: ReadonlySet<number | undefined>): string {
  return `right would be ${[...allowed].map((copy) => (copy === undefined ? "none" : `copy ${copy}`)).join(" or ")}`;
}

async function checkCounts(
  world: World,
  collection: string,
  rows: readonly DocumentRow[],
  chunks: readonly ChunkRow[],
): Promise<Breach[]> {
  const answer = await getJson<{ collections: { name: string; documents: Record<string, number>; chunks: number }[] }>(
    await world.api.url(30_000),
    "/v1/collections",
  );
  const told = answer.collections.find(({ name }) => name === collection);
  const counted: Record<string, number> = { total: rows.length, queued: 0, embedding: 0, stored: 0, failed: 0 };
  for (const { state } of rows) counted[state] = (counted[state] ?? 0) + 1;
  const same =
    told?.chunks === chunks.length && Object.entries(counted).every(([state, n]) => told.documents[state] === n);
  if (same) return [];
  return [
    {
      kind: "counts",
      what: `/v1/collections says ${JSON.stringify(told)}, SQL ${JSON.stringify(counted)} and ${chunks.length} chunks`,
    },
  ];
}

async function checkTickets(world: World, tickets: readonly string[]): Promise<Breach[]> {
  const url = await world.ingest.url(30_000);
  const breaches: Breach[] = [];
  for (const ticket of tickets) {
    const answer = await getJson<{ pending: number }>(url, `/v1/tickets/${ticket}`);
    if (answer.pending !== 0)
      breaches.push({ kind: "ticket", what: `ticket ${ticket} is not settled: ${JSON.stringify(answer)}` });
  }
  return breaches;
}

const QUERY_CHARACTERS = 2_000;

async function checkSearch(world: World, collection: string, sample: readonly DocumentRow[]): Promise<Breach[]> {
  const url = await world.api.url(30_000);
  const breaches: Breach[] = [];
  for (const { id, text } of sample) {
    const response = await fetch(`${url}/v1/collections/${collection}/search`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      // All names are alike to the encoder, so the nearest ones are many. A long text is found by its beginning.
      body: JSON.stringify({ query: text.slice(0, QUERY_CHARACTERS), k: 1_000 }),
      signal: AbortSignal.timeout(30_000),
    });
    const { hits } = (await response.json()) as { hits?: { id: string }[] };
    if (hits?.some((hit) => hit.id === id) !== true)
      breaches.push({ kind: "search", what: `a search for the text of ${id} does not find it (${response.status})` });
  }
  return breaches;
}

async function getJson<T>(url: string, path: string): Promise<T> {
  const response = await fetch(url + path, { signal: AbortSignal.timeout(30_000) });
  if (!response.ok) throw new Error(`${path} answered ${response.status}: ${await response.text()}`);
  return (await response.json()) as T;
}
