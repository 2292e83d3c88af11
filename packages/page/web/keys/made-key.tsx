import type { MadeKey } from "@polyseme/client";
import { useEffect, useRef, useState } from "preact/hooks";

interface Props {
  readonly made: MadeKey;
  readonly onDone: () => void;
}

/** A key's secret, this once. */
export function MadeKeyNote({ made, onDone }: Props) {
  const [told, setTold] = useState("");
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => field.current?.focus(), [made]);
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(made.key);
      setTold("Copied.");
    } catch {
      // Browsers give the clipboard to pages from elsewhere over HTTPS only.
      field.current?.select();
      setTold("The browser does not let the page copy: it is selected, copy it by hand.");
    }
  };
  return (
    <section class="card made" aria-label="The new key">
      <h3>Key of {made.name}</h3>
      <p>Copy it now: it is shown this once and kept nowhere.</p>
      <div class="row">
        <label class="field wide">
          <span>Key</span>
          <input
            ref={field}
            class="secret"
            readOnly
            value={made.key}
            onFocus={(event) => {
              event.currentTarget.select();
            }}
          />
        </label>
        <button
          type="button"
          class="primary"
          onClick={() => {
            void copy();
          }}
        >
          Copy
        </button>
        <button type="button" onClick={onDone}>
          I have it
        </button>
      </div>
      <p role="status" class="note">
        {told}
      </p>
    </section>
  );
}
