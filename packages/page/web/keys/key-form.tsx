import type { Collection, MadeKey } from "@polyseme/client";
import { useState } from "preact/hooks";
import { CheckField, SelectField, TextField } from "../parts/fields.tsx";
import { Fault } from "../parts/notes.tsx";
import { useTask } from "../parts/use-task.ts";
import type { Server } from "../server.ts";
import { createKey } from "./requests.ts";

interface Props {
  readonly server: Server;
  readonly collections: readonly Collection[] | undefined;
  readonly onMade: (key: MadeKey) => void;
}

/** Makes a key: what it may do, where, and how often. */
export function KeyForm({ server, collections, onMade }: Props) {
  const [name, setName] = useState("");
  const [role, setRole] = useState<"read" | "write" | "admin">("read");
  const [chosen, setChosen] = useState<readonly string[]>([]);
  const [rate, setRate] = useState("");
  const task = useTask(async (signal: AbortSignal) => {
    const made = await createKey(
      server,
      {
        name,
        role,
        ...(chosen.length === 0 ? {} : { collections: [...chosen] }),
        ...(rate === "" ? {} : { ratePerSecond: Number(rate) }),
      },
      signal,
    );
    setName("");
    setChosen([]);
    setRate("");
    onMade(made);
  });
  return (
    <form
      class="card"
      aria-label="New key"
      onSubmit={(event) => {
        event.preventDefault();
        task.run();
      }}
    >
      <h3>New key</h3>
      <div class="grid">
        <TextField
          label="Name (who will use it)"
          name="key-name"
          required
          maxLength={200}
          autocomplete="off"
          value={name}
          onChange={setName}
        />
        <SelectField
          label="May"
          name="role"
          value={role}
          options={[
            ["read", "read: search and look"],
            ["write", "write: push and delete too"],
            ["admin", "admin: everything"],
          ]}
          onChange={setRole}
        />
        <TextField
          label="Requests a second, at most"
          name="rate"
          type="number"
          min={0.0001}
          max={1_000_000}
          step="any"
          placeholder="as many as it likes"
          value={rate}
          onChange={setRate}
        />
      </div>
      {(collections ?? []).length > 0 && (
        <fieldset>
          <legend>Only these collections (none chosen: all)</legend>
          <div class="choices">
            {collections?.map((collection) => (
              <CheckField
                key={collection.name}
                label={collection.name}
                checked={chosen.includes(collection.name)}
                onChange={(isChosen) => {
                  setChosen((now) =>
                    isChosen ? [...now, collection.name] : now.filter((other) => other !== collection.name),
                  );
                }}
              />
            ))}
          </div>
        </fieldset>
      )}
      <Fault error={task.error} />
      <button type="submit" disabled={task.busy}>
        Create key
      </button>
    </form>
  );
}
