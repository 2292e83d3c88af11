import { useState } from "preact/hooks";

interface Props {
  readonly value: string;
  readonly onChange: (key: string) => void;
}

/** The key is used from the moment it is entered; an empty one is none. */
export function KeyField({ value, onChange }: Props) {
  const [typed, setTyped] = useState(value);
  return (
    <form
      class="key"
      onSubmit={(event) => {
        event.preventDefault();
        onChange(typed.trim());
      }}
    >
      <label class="field">
        <span>API key</span>
        <input
          name="key"
          type="password"
          autocomplete="off"
          spellcheck={false}
          placeholder={"where the server has keys"}
          value={typed}
          onInput={(event) => {
            setTyped(event.currentTarget.value);
          }}
        />
      </label>
      <button type="submit">Use</button>
    </form>
  );
}
