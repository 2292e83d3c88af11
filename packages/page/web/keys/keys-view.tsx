import type { ApiKey, MadeKey } from "@polyseme/client";
import { useEffect, useState } from "preact/hooks";
import { ConfirmButton } from "../parts/confirm-button.tsx";
import { Empty } from "../parts/empty.tsx";
import { Fault } from "../parts/notes.tsx";
import { Time } from "../parts/time.tsx";
import { useTask } from "../parts/use-task.ts";
import type { Server } from "../server.ts";
import type { ViewProps } from "../view.ts";
import { KeyForm } from "./key-form.tsx";
import { MadeKeyNote } from "./made-key.tsx";
import { listKeys, revokeKey } from "./requests.ts";

/** API keys: list, make, revoke. */
export function KeysView({ server, active, collections }: ViewProps) {
  const [made, setMade] = useState<MadeKey>();
  const task = useTask((signal) => listKeys(server, signal));
  useEffect(() => {
    if (active) task.run();
  }, [active, server]);
  return (
    <>
      <h2>Keys</h2>
      <p class="lead">
        Whoever calls the server names itself with a key. Its secret is shown when it is made, and never again.
      </p>
      {made !== undefined && (
        <MadeKeyNote
          made={made}
          onDone={() => {
            setMade(undefined);
          }}
        />
      )}
      <KeyForm
        server={server}
        collections={collections}
        onMade={(key) => {
          setMade(key);
          task.run();
        }}
      />
      <Fault error={task.error} />
      {task.value?.length === 0 && (
        <Empty title="No keys in the database yet">
          <p>Keys may stand in the server's settings too (POLYSEME_API_KEYS): those are not listed here.</p>
        </Empty>
      )}
      <ul class="cards" aria-label="Keys">
        {task.value?.map((key) => (
          <KeyRow key={key.id} server={server} apiKey={key} onRevoked={task.run} />
        ))}
      </ul>
    </>
  );
}

interface RowProps {
  readonly server: Server;
  readonly apiKey: ApiKey;
  readonly onRevoked: () => void;
}

function KeyRow({ server, apiKey: { id, name, role, ...key }, onRevoked }: RowProps) {
  return (
    <li class={key.revokedAt === null ? "card key-row" : "card key-row over"}>
      <div class="upload-head">
        <h3>{name}</h3>
        <span class="badge">{role}</span>
        {key.revokedAt !== null && (
          <span class="badge failed">
            revoked <Time iso={key.revokedAt} />
          </span>
        )}
      </div>
      <p class="note">
        <code>{id}</code> · {key.collections === null ? "all collections" : key.collections.join(", ")}
        {key.ratePerSecond !== null && ` · ${key.ratePerSecond} requests a second`} · made <Time iso={key.createdAt} />{" "}
        ·{" "}
        {key.lastUsedAt === null ? (
          "never used"
        ) : (
          <>
            last used <Time iso={key.lastUsedAt} />
          </>
        )}
      </p>
      {key.revokedAt === null && (
        <ConfirmButton
          label={`Revoke ${name}`}
          title={`Revoke the key of ${name}?`}
          danger
          onConfirm={async (signal) => {
            await revokeKey(server, id, signal);
            onRevoked();
          }}
        >
          <p>Within seconds nothing that uses it is answered any more. It cannot be undone.</p>
        </ConfirmButton>
      )}
    </li>
  );
}
