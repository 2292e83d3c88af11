import type { Migration } from "@polyseme/client";
import { useRef, useState } from "preact/hooks";
import { CollectionField } from "../parts/collection-field.tsx";
import { Empty } from "../parts/empty.tsx";
import { Fault } from "../parts/notes.tsx";
import { usePoll } from "../parts/use-poll.ts";
import { formatAddress } from "../address.ts";
import type { ViewProps } from "../view.ts";
import { MigrationCard } from "./migration-card.tsx";
import { getMigration } from "./requests.ts";
import { StartForm } from "./start-form.tsx";

interface Seen {
  readonly collection: string;
  /** undefined: there is none. */
  readonly migration: Migration | undefined;
}

const EVERY_MS = 2_000;
/** Where none was seen: one may be started elsewhere. */
const SELDOM_MS = 15_000;

/** A collection's way to another model or other settings. */
export function MigrationView({ server, active, collections, onCollectionsChanged, values, onValues }: ViewProps) {
  const chosen = useRef("");
  if (values["collection"] !== undefined) chosen.current = values["collection"];
  const collection = chosen.current === "" ? (collections?.[0]?.name ?? "") : chosen.current;
  const [seen, setSeen] = useState<Seen>();
  const [error, setError] = useState<Error>();
  const [asked, setAsked] = useState(0);
  const current = seen?.collection === collection ? seen : undefined;
  const look = async (signal: AbortSignal): Promise<void> => {
    try {
      const migration = await getMigration(server, collection, signal);
      if (signal.aborted) return;
      setSeen({ collection, migration });
      setError(undefined);
    } catch (thrown) {
      if (!signal.aborted) setError(thrown as Error);
    }
  };
  const everyMs = current !== undefined && current.migration === undefined ? SELDOM_MS : EVERY_MS;
  usePoll({ active: active && collection !== "", everyMs, again: [server, collection, asked] }, look);
  const changed = (): void => {
    setAsked((now) => now + 1);
    onCollectionsChanged();
  };
  const acts = { server, collection, onChanged: changed };
  const migration = current?.migration;
  const isUnderWay = migration?.state === "building" || migration?.state === "ready";
  return (
    <>
      <h2>Migration</h2>
      <p class="lead">
        Another model or other chunks need other vectors. They are built beside the live ones, while searches go on, and
        take their place in one step.
      </p>
      {collections?.length === 0 ? (
        <Empty title="No collections yet">
          <p>
            <a href={formatAddress({ tab: "push", values: {} })}>Push files</a> first: what is there can be migrated.
          </p>
        </Empty>
      ) : (
        <div class="row">
          <CollectionField
            id="migration-collection"
            collections={collections}
            value={collection}
            onChange={(name) => {
              onValues({ collection: name });
            }}
          />
        </div>
      )}
      <Fault error={error} />
      {migration !== undefined && <MigrationCard {...acts} migration={migration} />}
      {current !== undefined && !isUnderWay && <StartForm key={collection} {...acts} />}
    </>
  );
}
