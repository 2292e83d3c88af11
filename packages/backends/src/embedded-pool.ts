import { EventEmitter } from "node:events";
import type { PgPool, PgPoolClient } from "bullmq";
import { typeParsers, type PoolLike } from "@polyseme/store";
import pg from "pg";
import { EmbeddedWire, type ProtocolRunner } from "./embedded-wire.ts";

/** The two faces of the one session that an embedded Postgres has. */
export interface EmbeddedPools {
  /** For the store: a client that was connected has the session to itself until it is released. */
  readonly store: PoolLike;
  /** For BullMQ, whose clients listen for hours: each statement has the session to itself, a client never has. */
  readonly queue: PgPool;
  end(): Promise<void>;
}

/**
 * One session shared by taking turns, first come first served. Without turns a statement of the queue could land inside
 * a transaction of the store.
 */
export async function openEmbeddedPools(run: ProtocolRunner): Promise<EmbeddedPools> {
  const client = new pg.Client({
    stream: () => new EmbeddedWire(run),
    user: "postgres",
    database: "postgres",
  });
  const listeners = new Set<QueueClient>();
  client.on("notification", (message) => {
    for (const listener of listeners) listener.emit("notification", message);
  });
  client.on("error", (error) => {
    for (const listener of listeners) listener.emit("error", error);
  });
  await client.connect();

  const turns = new Turns();
  const queryAsStore = (text: string, values?: unknown[]): Promise<pg.QueryResult> =>
    client.query(values === undefined ? { text, types: typeParsers } : { text, values, types: typeParsers });
  function queryOrSubmit(text: string, values?: unknown[]): Promise<pg.QueryResult>;
  function queryOrSubmit<T extends pg.Submittable>(query: T): T;
  function queryOrSubmit(query: string | pg.Submittable, values?: unknown[]): unknown {
    return typeof query === "string" ? queryAsStore(query, values) : client.query(query);
  }
  const queryInTurn = (text: string, values?: unknown[]): Promise<pg.QueryResult> =>
    turns.take(() => client.query(values === undefined ? { text } : { text, values }));

  const queue = Object.assign(new EventEmitter(), {
    query: queryInTurn,
    options: { keepAlive: true },
    connect(): Promise<PgPoolClient> {
      const listener = new QueueClient(queryInTurn, () => listeners.delete(listener));
      listeners.add(listener);
      return Promise.resolve(listener as unknown as PgPoolClient);
    },
    end: () => Promise.resolve(),
  });

  return {
    store: {
      query: (text, values) => turns.take(() => queryAsStore(text, values)),
      async connect() {
        const release = await turns.wait();
        return { query: queryOrSubmit, release };
      },
      end: () => Promise.resolve(),
    },
    queue: queue as unknown as PgPool,
    end: () => turns.take(() => client.end()),
  };
}

class QueueClient extends EventEmitter {
  readonly query: (text: string, values?: unknown[]) => Promise<pg.QueryResult>;
  readonly release: () => void;
  /** What BullMQ looks at to see that the connection cannot die without a word, so that it may block for long. */
  readonly connection = { stream: { setKeepAlive: (): void => undefined } };

  constructor(query: (text: string, values?: unknown[]) => Promise<pg.QueryResult>, onRelease: () => void) {
    super();
    this.query = query;
    this.release = onRelease;
    // An error with no listener would end the process.
    this.on("error", () => undefined);
  }
}

/** First come, first served. Its bound is the number of callers, each of whom waits for its own answer. */
class Turns {
  #last: Promise<void> = Promise.resolve();

  /** Resolves when it is the caller's turn, with the function that ends the turn. */
  async wait(): Promise<() => void> {
    const before = this.#last;
    let end: () => void = () => undefined;
    this.#last = new Promise((resolve) => (end = resolve));
    await before;
    return end;
  }

  async take<T>(work: () => Promise<T>): Promise<T> {
    const end = await this.wait();
    try {
      return await work();
    } finally {
      end();
    }
  }
}
