import { useEffect, useRef, useState } from "preact/hooks";
import { TextField } from "../parts/fields.tsx";
import { Fault } from "../parts/notes.tsx";
import { useTask } from "../parts/use-task.ts";
import type { Server } from "../server.ts";
import { modelNames, putCollection } from "./requests.ts";
import { DEFAULT_SETTINGS, settingsOf } from "./settings-draft.ts";
import { SettingsFields } from "./settings-fields.tsx";

interface Props {
  readonly server: Server;
  /** Given the new one's name. */
  readonly onMade: (name: string) => void;
  readonly onCancel: () => void;
}

/** Makes a collection: a name is enough, the settings that decide its vectors may be given. */
export function CreateForm({ server, onMade, onCancel }: Props) {
  const [name, setName] = useState("");
  const [draft, setDraft] = useState(DEFAULT_SETTINGS);
  const models = useTask((signal) => modelNames(server, signal));
  useEffect(models.run, [server]);
  const form = useRef<HTMLFormElement>(null);
  useEffect(() => form.current?.querySelector("input")?.focus(), []);
  const task = useTask(async (signal: AbortSignal) => {
    await putCollection(server, name, settingsOf(draft), signal);
    onMade(name);
  });
  return (
    <form
      ref={form}
      class="card"
      aria-label="New collection"
      onSubmit={(event) => {
        event.preventDefault();
        task.run();
      }}
    >
      <h3>New collection</h3>
      <TextField
        label="Name"
        name="name"
        required
        pattern="[a-z][a-z0-9_\-]{0,62}"
        title="A small letter, then small letters, digits, _ or -"
        hint="Small letters, digits, _ and -; a letter first"
        autocomplete="off"
        autocapitalize="none"
        value={name}
        onChange={setName}
      />
      <details>
        <summary>Settings of its vectors</summary>
        <SettingsFields draft={draft} models={models.value ?? []} emptyMeans="default" onChange={setDraft} />
        <p class="note">They can change later, by a migration, without a pause in searching.</p>
      </details>
      <Fault error={task.error} />
      <div class="buttons">
        <button type="submit" disabled={task.busy}>
          Create
        </button>
        <button type="button" onClick={onCancel}>
          Cancel
        </button>
      </div>
    </form>
  );
}
