import type { BackendConfig } from "@polyseme/core";
import type { Queues } from "@polyseme/queue";
import type { Database, PoolUse } from "@polyseme/store";

/** Where one process keeps documents and jobs. */
export interface Backends {
  readonly kind: BackendConfig["kind"];
  /** Migrated to the newest schema. */
  readonly database: Database;
  readonly queues: Queues;
  /** Writes down where this process serves, for commands that look for it; nothing to do on real servers. */
  publishUrl(url: string): Promise<void>;
  /** Of the pools that lead to Postgres; none in the embedded stack, which has a single session. */
  pools(): readonly NamedPool[];
  close(): Promise<void>;
}

export interface NamedPool extends PoolUse {
  readonly name: "store" | "queue";
}

export interface BackendOptions {
  /** This process, who locks the embedded data folder. */
  readonly pid: number;
  /** Connection errors that nobody waits for. */
  readonly onError: (error: Error) => void;
}
