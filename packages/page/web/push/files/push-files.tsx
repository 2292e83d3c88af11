import { useState } from "preact/hooks";
import { Status } from "../../parts/notes.tsx";
import { count } from "../../parts/numbers.ts";
import type { Server } from "../../server.ts";
import { DropZone } from "./drop-zone.tsx";
import { kindOf } from "./file-kind.ts";
import { isOver } from "./progress.ts";
import { UploadRow } from "./upload-row.tsx";
import { useUploads, type Upload } from "./use-uploads.ts";

interface Props {
  readonly server: Server;
  readonly active: boolean;
  /** undefined: the name that was typed is none. */
  readonly collection: string | undefined;
  readonly onDone: () => void;
}

const SHOWN = 100;

/** Files into a collection, each with its progress. */
export function PushFiles({ server, active, collection, onDone }: Props) {
  const uploads = useUploads(server, onDone);
  const [turnedAway, setTurnedAway] = useState<readonly string[]>([]);
  const take = (files: readonly File[]): void => {
    if (collection === undefined) {
      setTurnedAway(["Say into which collection first: small letters, digits, _ and -."]);
      return;
    }
    const readable = files.filter(({ name }) => kindOf(name) !== undefined);
    const others = files.filter(({ name }) => kindOf(name) === undefined);
    setTurnedAway(others.map(({ name }) => `${name}: a browser cannot read this kind of file.`));
    uploads.add(collection, readable);
  };
  const { all } = uploads;
  const under = all.filter(({ progress }) => !isOver(progress)).length;
  const shown = all.slice(-SHOWN).reverse();
  return (
    <>
      <DropZone active={active} onFiles={take} />
      <div role="alert">
        {turnedAway.length > 0 && (
          <div class="fault">
            {turnedAway.slice(0, SHOWN).map((text) => (
              <p key={text}>{text}</p>
            ))}
            {collection !== undefined && (
              <p>
                From a terminal: <code>npx polyseme ingest FILE -c {collection}</code>
              </p>
            )}
          </div>
        )}
      </div>
      <div class="upload-summary">
        <Status text={summaryOf(all, under)} />
        {under > 0 && (
          <button type="button" onClick={uploads.stop}>
            Stop
          </button>
        )}
        {all.length > under && (
          <button type="button" onClick={uploads.clear}>
            Clear the list
          </button>
        )}
      </div>
      <ul class="cards" aria-label="Files">
        {shown.map((upload) => (
          <UploadRow key={upload.number} upload={upload} />
        ))}
      </ul>
      {all.length > SHOWN && <p class="note">The last {SHOWN} are shown.</p>}
    </>
  );
}

function summaryOf(all: readonly Upload[], under: number): string {
  if (all.length === 0) return "";
  const stored = all.reduce((sum, { progress }) => sum + progress.stored, 0);
  return `${all.length - under} of ${count(all.length, "file")} done, ${count(stored, "document")} stored.`;
}
