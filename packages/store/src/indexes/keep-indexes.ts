import { PolysemeError } from "@polyseme/core";
import type { Database } from "../database.ts";
import { errorCode } from "../store-error.ts";
import { dropIndex } from "./build-index.ts";
import { buildWhileWanted, secondsSince } from "./build-while-wanted.ts";
import type { GraphPolicy } from "./graph-policy.ts";
import { listGenerations, readIndexFacts, type IndexedGeneration } from "./index-facts.ts";
import type { IndexKind } from "./index-spec.ts";
import { forgetGraph, measureWhenDue } from "./keep-measure.ts";
import { listAllIndexes, listIndexes, listOrphans, type BuiltIndex } from "./list-indexes.ts";
import { wantedIndexes } from "./wanted-indexes.ts";

export interface KeepOptions {
  readonly signal: AbortSignal;
  /** Told of each index that was built or dropped, and each measure, with what it took. */
  readonly onAct: (act: KeptAct) => void;
  /** Told when a collection could not be seen to; the others are. */
  readonly onError: (collection: string, error: unknown) => void;
  /**
   * True: Postgres has one session, and what it does everything else waits for. There are no graphs then, and other indexes
   * are built while no document waits.
   */
  readonly embedded?: boolean;
  readonly policy?: GraphPolicy;
  /** Stored vectors that a measure looks for; 100 when left out. */
  readonly sample?: number;
  /** How often a build that is under way is asked about, ms. */
  readonly lookAgainMs?: number;
}

export interface KeptAct {
  readonly did: "built" | "dropped" | "measured" | "given up";
  readonly collection: string;
  /** Undefined of a measure. */
  readonly index?: string;
  readonly seconds: number;
}

/** Any number that is ours alone. */
const KEEPER_LOCK = 7_305_933;

/**
 * One pass: builds what the collections' settings and sizes ask for, measures it and drops what is wanted no more. One
 * process at a time in a database; false: another has its turn.
 * @throws PolysemeError `unavailable`; the signal's reason
 */
export async function keepIndexes(database: Database, options: KeepOptions): Promise<boolean> {
  // The only session cannot be held while others are asked for.
  if (options.embedded === true) {
    await keepAll(database, options);
    return true;
  }
  return database.withSession(async (session) => {
    const { rows } = await session.query<{ mine: boolean }>(`select pg_try_advisory_lock(${KEEPER_LOCK}) as mine`);
    if (rows[0]?.mine !== true) return false;
    try {
      await keepAll(database, options);
      return true;
    } finally {
      await session.query(`select pg_advisory_unlock(${KEEPER_LOCK})`).catch(() => {
        session.discard();
      });
    }
  });
}

async function keepAll(database: Database, options: KeepOptions): Promise<void> {
  const built = await listAllIndexes(database);
  for (const generations of await listGenerations(database)) {
    const [first] = generations;
    if (first === undefined) continue;
    const { id, name } = first.collection;
    try {
      await keepCollection(database, generations, built.get(id) ?? [], options);
    } catch (error) {
      if (options.signal.aborted || (error instanceof PolysemeError && error.code === "unavailable")) throw error;
      // Gone while it was looked at.
      if (errorCode(error) !== NO_SUCH_TABLE) options.onError(name, error);
    }
  }
  for (const name of await listOrphans(database)) await drop(database, "-", name, options);
}

const NO_SUCH_TABLE = "42P01";

async function keepCollection(
  database: Database,
  generations: readonly IndexedGeneration[],
  built: readonly BuiltIndex[],
  options: KeepOptions,
): Promise<void> {
  const wanted = new Set<string>();
  const late = new Set<IndexKind>();
  for (const place of generations) {
    const known = await readIndexFacts(database, place, built);
    const exactMs = await measureWhenDue(database, place, { facts: known, built }, options);
    const facts = exactMs === undefined ? known : { ...known, exactMs };
    for (const spec of wantedIndexes(place.collection, facts, options.policy)) {
      if (options.embedded === true && spec.kind === "vector") continue;
      wanted.add(spec.name);
      if (built.some(({ name, state }) => name === spec.name && state === "ready")) continue;
      const ready = await buildWhileWanted(database, place, spec, facts, options);
      if (!ready) late.add(spec.kind);
      // A graph is followed from when it was measured.
      else if (spec.kind === "vector") {
        const now = { facts: { ...facts, hasGraph: true }, built: await listIndexes(database, place.collection) };
        await measureWhenDue(database, place, now, options);
      }
    }
  }
  const [first] = generations;
  // What is to follow an index is built before that one goes; where none follows, it goes at once.
  const unwanted = built.filter(({ name, kind }) => !wanted.has(name) && !late.has(kind));
  for (const { name } of unwanted) {
    for (const place of generations) await forgetGraph(database, place, (graph) => graph === name);
    await drop(database, first?.collection.name ?? "", name, options);
  }
}

async function drop(
  database: Database,
  collection: string,
  index: string,
  { onAct, signal }: KeepOptions,
): Promise<void> {
  signal.throwIfAborted();
  const startedMs = performance.now();
  if (await dropIndex(database, index)) onAct({ did: "dropped", collection, index, seconds: secondsSince(startedMs) });
}
