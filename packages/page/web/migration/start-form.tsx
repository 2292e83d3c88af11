import { useEffect, useState } from "preact/hooks";
import { modelNames } from "../collections/requests.ts";
import { DEFAULT_SETTINGS, settingsOf } from "../collections/settings-draft.ts";
import { SettingsFields } from "../collections/settings-fields.tsx";
import { ConfirmButton } from "../parts/confirm-button.tsx";
import { useTask } from "../parts/use-task.ts";
import type { Server } from "../server.ts";
import { startMigration } from "./requests.ts";

interface Props {
  readonly server: Server;
  readonly collection: string;
  readonly onChanged: () => void;
}

/** What the new generation is to be like. */
export function StartForm({ server, collection, onChanged }: Props) {
  const [draft, setDraft] = useState(DEFAULT_SETTINGS);
  const models = useTask((signal) => modelNames(server, signal));
  useEffect(models.run, [server]);
  const settings = settingsOf(draft);
  const names = Object.keys(settings);
  return (
    <div class="card">
      <h3>Start a migration</h3>
      <SettingsFields draft={draft} models={models.value ?? []} emptyMeans="as it is" onChange={setDraft} />
      <ConfirmButton
        label="Start"
        title={`Build another generation of ${collection}?`}
        disabled={names.length === 0}
        onConfirm={async (signal) => {
          await startMigration(server, collection, settings, signal);
          onChanged();
        }}
      >
        <p>
          Every document is embedded again beside what is there, with another {names.join(" and ")}. Searches answer
          from the old one until you cut over. Meanwhile both take room on the disk.
        </p>
      </ConfirmButton>
      {names.length === 0 && <p class="note">Choose what is to change.</p>}
    </div>
  );
}
