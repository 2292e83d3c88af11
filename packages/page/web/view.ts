import type { Collection } from "@polyseme/client";
import type { Server } from "./server.ts";

/** What every tab is given. */
export interface ViewProps {
  readonly server: Server;
  /** Whether it is the tab that is shown. */
  readonly active: boolean;
  /** undefined until the server has said. */
  readonly collections: readonly Collection[] | undefined;
  /** Asks for the collections again: one may have been made. */
  readonly onCollectionsChanged: () => void;
  /** What the address says of this tab; empty when it speaks of another. */
  readonly values: Readonly<Record<string, string>>;
  /** Puts what is asked into the address, so that it can be kept and sent. */
  readonly onValues: (values: Readonly<Record<string, string>>) => void;
}
