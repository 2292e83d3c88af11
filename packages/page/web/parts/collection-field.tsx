import type { Collection } from "@polyseme/client";

interface Props {
  readonly id: string;
  readonly collections: readonly Collection[] | undefined;
  readonly value: string;
  readonly onChange: (name: string) => void;
}

/** A list of the collections that the key may see. */
export function CollectionField({ id, collections, value, onChange }: Props) {
  const names = collections?.map(({ name }) => name) ?? [];
  // One from the address may have gone, or be still to come.
  const shown = value === "" || names.includes(value) ? names : [value, ...names];
  return (
    <label class="field" for={id}>
      <span>Collection</span>
      <select
        id={id}
        required
        value={value}
        onChange={(event) => {
          onChange(event.currentTarget.value);
        }}
      >
        {shown.length === 0 && (
          <option value="">{collections === undefined ? "…" : "none yet: push a document"}</option>
        )}
        {shown.map((name) => (
          <option key={name} value={name}>
            {name}
          </option>
        ))}
      </select>
    </label>
  );
}
