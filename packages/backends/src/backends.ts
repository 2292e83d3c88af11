import type { BackendConfig } from "@polyseme/core";
import type { Queues } from "@polyseme/queue";
import type { Database } from "@polyseme/store";

/** Where one process keeps documents and jobs. */
export interface Backends {
  readonly kind: BackendConfig["kind"];
  /** Migrated to the newest schema. */
  readonly database: Database;
  readonly queues: Queues;
  /** Writes down where this process serves, for commands that look for it; nothing to do on real servers. */
  publishUrl(url: string): Promise<void>;
  close(): Promise<void>;
}

export interface BackendOptions {
  /** This process, who locks the embedded data folder. */
  readonly pid: number;
  /** Connection errors that nobody waits for. */
  readonly onError: (error: Error) => void;
}
