import type { Collection } from "@polyseme/client";
import { useState } from "preact/hooks";
import { ConfirmButton } from "../parts/confirm-button.tsx";
import { TextField } from "../parts/fields.tsx";
import { Fault } from "../parts/notes.tsx";
import { useTask } from "../parts/use-task.ts";
import type { Server } from "../server.ts";
import { deleteAlias, setAlias } from "./requests.ts";

interface Props {
  readonly server: Server;
  readonly collection: Collection;
  readonly onChanged: () => void;
}

/** Other names of a collection. */
export function Aliases({ server, collection: { name, aliases }, onChanged }: Props) {
  const [alias, setAliasName] = useState("");
  const task = useTask(async (signal: AbortSignal, wanted: string) => {
    await setAlias(server, wanted, name, signal);
    setAliasName("");
    onChanged();
  });
  return (
    <div class="card">
      <h3>Aliases</h3>
      {aliases.length === 0 ? (
        <p class="note">None. Programs that use an alias follow it when it goes over to another collection.</p>
      ) : (
        <ul class="chips">
          {aliases.map((known) => (
            <li key={known}>
              <span>{known}</span>
              <ConfirmButton
                label={`Remove ${known}`}
                title={`Remove the alias ${known}?`}
                onConfirm={async (signal) => {
                  await deleteAlias(server, known, signal);
                  onChanged();
                }}
              >
                <p>Whoever uses it is answered "not found" from then on. The collection {name} stays.</p>
              </ConfirmButton>
            </li>
          ))}
        </ul>
      )}
      <form
        class="row"
        onSubmit={(event) => {
          event.preventDefault();
          task.run(alias);
        }}
      >
        <TextField
          label="Another name (taken over when another collection has it)"
          name="alias"
          required
          pattern="[a-z][a-z0-9_\-]{0,62}"
          autocomplete="off"
          autocapitalize="none"
          wide
          value={alias}
          onChange={setAliasName}
        />
        <button type="submit" disabled={task.busy}>
          Add alias
        </button>
      </form>
      <Fault error={task.error} />
    </div>
  );
}
