import { useEffect, useMemo, useState } from "preact/hooks";
import icon from "./icon.svg";
import { formatAddress, parseAddress, type Address } from "./address.ts";
import { CollectionsView } from "./collections/collections-view.tsx";
import { FailuresView } from "./failures/failures-view.tsx";
import { KeyField } from "./key-field.tsx";
import { KeysView } from "./keys/keys-view.tsx";
import { LensView } from "./lens/lens-view.tsx";
import { MigrationView } from "./migration/migration-view.tsx";
import { Fault } from "./parts/notes.tsx";
import { Tabs } from "./parts/tabs.tsx";
import { useTask } from "./parts/use-task.ts";
import { PushView } from "./push/push-view.tsx";
import { SearchView } from "./search/search-view.tsx";
import { SensesView } from "./senses/senses-view.tsx";
import { makeServer } from "./server.ts";
import { storedKey } from "./stored-key.ts";
import { ThroughputView } from "./throughput/throughput-view.tsx";
import type { ViewProps } from "./view.ts";

interface ViewLine {
  readonly id: string;
  readonly label: string;
  readonly View: (props: ViewProps) => unknown;
  /** Set apart from those before it. */
  readonly startsGroup?: boolean;
}

/** A further page is a further line. The first one needs no documents, so it shows something on any server. */
const VIEWS = [
  { id: "lens", label: "Token lens", View: LensView },
  { id: "search", label: "Search", View: SearchView },
  { id: "senses", label: "Senses", View: SensesView },
  { id: "push", label: "Push", View: PushView, startsGroup: true },
  { id: "collections", label: "Collections", View: CollectionsView },
  { id: "failures", label: "Failures", View: FailuresView },
  { id: "migration", label: "Migration", View: MigrationView },
  { id: "throughput", label: "Throughput", View: ThroughputView, startsGroup: true },
  { id: "keys", label: "Keys", View: KeysView },
] as const satisfies readonly ViewLine[];

export function App() {
  const [address, choose] = useAddress();
  const [key, setKey] = useState(storedKey.read);
  const server = useMemo(() => makeServer(key), [key]);
  const collections = useTask((signal) => server.collections(signal));
  useEffect(collections.run, [server]);
  const chosen = VIEWS.find(({ id }) => id === address.tab)?.id ?? VIEWS[0].id;
  return (
    <>
      <header>
        <h1>
          <img src={icon} alt="" width="28" height="28" />
          polyseme
        </h1>
        <KeyField
          value={key}
          onChange={(next) => {
            storedKey.write(next);
            setKey(next);
          }}
        />
      </header>
      <main>
        <Tabs
          label="Parts of the page"
          chosen={chosen}
          onChoose={(tab) => {
            choose({ tab, values: {} });
          }}
          tabs={VIEWS.map(({ id, label, View, ...line }) => ({
            id,
            label,
            startsGroup: "startsGroup" in line,
            panel: (
              <View
                server={server}
                active={id === chosen}
                collections={collections.value}
                onCollectionsChanged={collections.run}
                values={id === chosen ? address.values : {}}
                onValues={(values) => {
                  choose({ tab: id, values });
                }}
              />
            ),
          }))}
        />
        <Fault error={collections.error} />
      </main>
    </>
  );
}

function useAddress(): [Address, (address: Address) => void] {
  const [hash, setHash] = useState(location.hash);
  useEffect(() => {
    const read = (): void => {
      setHash(location.hash);
    };
    addEventListener("hashchange", read);
    return () => {
      removeEventListener("hashchange", read);
    };
  }, []);
  const address = useMemo(() => parseAddress(hash), [hash]);
  return [
    address,
    (next) => {
      location.hash = formatAddress(next);
    },
  ];
}
