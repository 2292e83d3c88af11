import type { Backends } from "@polyseme/backends";
import type { Encoder, EncoderRegistry } from "@polyseme/encoder";
import type { Consumer, Queues } from "@polyseme/queue";
import type { Database, Rows, Sql } from "@polyseme/store";
import { ACTS, MOMENTS, type Act, type Moment } from "../steps.ts";

/** Watches what a process does, and kills it at one moment. */
export interface Trap {
  /** Does the work; at the chosen moment of the chosen act the process ends instead. */
  around<T>(act: Act, work: () => Promise<T>): Promise<T>;
  /** The act whose work is done by whoever called: before it returns, or a moment after. */
  acknowledge(): Promise<void>;
}

const DURING_MS = 2;
/** BullMQ removes a job when its handler has returned, which nobody else is told of. */
const AFTER_ANSWER_MS = 15;

/**
 * @param setting `act:moment:n`: the n-th time, from 1, that the process comes to it
 * @param kill ends the process at once
 */
export function makeTrap(setting: string, kill: () => void): Trap {
  const [wantedAct, wantedMoment, nth] = setting.split(":");
  const chosen = ACTS.find((act) => act === wantedAct);
  const moment = MOMENTS.find((one) => one === wantedMoment);
  if (chosen === undefined || moment === undefined || !(Number(nth) >= 1))
    throw new Error(`No such moment to die at: "${setting}"`);
  let seen = 0;
  const isTime = (act: Act): boolean => act === chosen && ++seen === Number(nth);
  return {
    around: (act, work) => (isTime(act) ? dieAt(moment, work, kill) : work()),
    async acknowledge() {
      if (!isTime("acknowledge")) return;
      if (moment !== "before") setTimeout(kill, AFTER_ANSWER_MS);
      else {
        kill();
        await forever();
      }
    },
  };
}

async function dieAt<T>(moment: Moment, work: () => Promise<T>, kill: () => void): Promise<T> {
  switch (moment) {
    case "before":
      kill();
      return forever();
    case "during": {
      const working = work();
      working.catch(() => undefined);
      setTimeout(kill, DURING_MS);
      return forever();
    }
    case "after":
      await work();
      kill();
      return forever();
    default:
      throw new Error(`Unknown moment ${String(moment satisfies never)}`);
  }
}

function forever<T>(): Promise<T> {
  return new Promise(() => undefined);
}

/** Statements are known by words that only they have. */
const STATEMENTS: readonly (readonly [words: string, act: Act])[] = [
  ["insert into polyseme_store.tickets (id, collection_id)", "accept"],
  ["set state = 'embedding'", "claim"],
  ["set state = 'stored', stored_revision", "write"],
  ["for update skip locked", "take"],
  ["delete from polyseme_store.documents d using gone", "delete-rows"],
  ["where document_id = any($1::text[])", "delete-chunks"],
];
const RENEW = /set next_attempt_at = now\(\) \+ interval[\s\S]*d\.state = 'embedding'/;

function actOf(statement: string): Act | undefined {
  return STATEMENTS.find(([words]) => statement.includes(words))?.[1] ?? (RENEW.test(statement) ? "renew" : undefined);
}

export function trapBackends(backends: Backends, trap: Trap): Backends {
  /** Revisions that the reconciler took, so that its adding to the queue is told from the door's. */
  const taken = new Set<unknown>();
  const trapSql = (sql: Sql): Sql => ({
    async query<Row extends object>(text: string, params?: readonly unknown[]): Promise<Rows<Row>> {
      const act = actOf(text);
      if (act === undefined) return sql.query<Row>(text, params);
      if (act !== "take") return trap.around(act, () => sql.query<Row>(text, params));
      // A pass that finds nothing is no step in any document's life.
      const [{ overdue } = { overdue: 0 }] = (
        await sql.query<{ overdue: number }>(
          "select count(*)::int as overdue from polyseme_store.documents where state in ('queued', 'embedding') and next_attempt_at <= now()",
        )
      ).rows;
      if (overdue === 0) return sql.query<Row>(text, params);
      const result = await trap.around(act, () => sql.query<Row>(text, params));
      for (const row of result.rows) if ("revision" in row) taken.add(row.revision);
      return result;
    },
  });
  const { database, queues } = backends;
  const trappedDatabase: Database = {
    ...database,
    ...trapSql(database),
    withTransaction: (work) => database.withTransaction((sql) => work(trapSql(sql))),
  };
  const trappedQueues: Queues = {
    ...queues,
    addEmbedJobs: (jobs, arrival) => {
      const isPutBack = jobs.some(({ documents }) => documents.some(({ revision }) => taken.has(revision)));
      return trap.around(isPutBack ? "put-back" : "queue", () => queues.addEmbedJobs(jobs, arrival));
    },
    consumeEmbedJobs: (handle, options): Consumer =>
      queues.consumeEmbedJobs(async (job) => {
        await handle(job);
        await trap.acknowledge();
      }, options),
  };
  return { ...backends, database: trappedDatabase, queues: trappedQueues };
}

export function trapEncoders(encoders: EncoderRegistry, trap: Trap): EncoderRegistry {
  return {
    ...encoders,
    get: async (name) => trapEncoder(await encoders.get(name), trap),
  };
}

function trapEncoder(encoder: Encoder, trap: Trap): Encoder {
  return new Proxy(encoder, {
    get(target, property) {
      if (property === "encode")
        return (...args: Parameters<Encoder["encode"]>) => trap.around("encode", () => target.encode(...args));
      // The first where ids are enough, the second where something is kept of each token.
      if (property === "tokenizeIds" || property === "tokenize")
        return (texts: readonly string[]) => trap.around<unknown>("plan", () => target[property](texts));
      const value: unknown = Reflect.get(target, property, target);
      return typeof value === "function" ? (value.bind(target) as unknown) : value;
    },
  });
}
