import { useEffect, useState } from "preact/hooks";
import type { ViewProps } from "../view.ts";
import { PushFiles } from "./files/push-files.tsx";
import { WriteDocument } from "./write-document.tsx";

const NAME = "[a-z][a-z0-9_\\-]{0,62}";
const FIRST_COLLECTION = "notes";

/** Push files, or a document that is written here, and watch what becomes of them. */
export function PushView({ server, active, collections, onCollectionsChanged, values }: ViewProps) {
  const [collection, setCollection] = useState(values["collection"] ?? FIRST_COLLECTION);
  useEffect(() => {
    if (values["collection"] !== undefined) setCollection(values["collection"]);
  }, [values]);
  const isName = new RegExp(`^${NAME}$`).test(collection);
  return (
    <>
      <h2>Push</h2>
      <label class="field push-into">
        <span>Collection (made when it is new)</span>
        <input
          name="collection"
          required
          pattern={NAME}
          list="collections"
          autocapitalize="none"
          value={collection}
          onInput={(event) => {
            setCollection(event.currentTarget.value);
          }}
        />
      </label>
      <datalist id="collections">
        {(collections ?? []).map(({ name }) => (
          <option key={name} value={name} />
        ))}
      </datalist>
      <PushFiles
        server={server}
        active={active}
        collection={isName ? collection : undefined}
        onDone={onCollectionsChanged}
      />
      <h3 class="section">Write a document</h3>
      <WriteDocument server={server} collection={collection} onDone={onCollectionsChanged} />
    </>
  );
}
