import { Fault } from "../../parts/notes.tsx";
import { showBytes, showNumber } from "../../parts/numbers.ts";
import { isOver, type FileProgress, type Refused } from "./progress.ts";
import type { Upload } from "./use-uploads.ts";

/** A file on its way: how far it is, and what of it was not taken. */
export function UploadRow({ upload: { name, size, collection, progress } }: { readonly upload: Upload }) {
  const { sent, unchanged, stored, failed, standing, error, refusedCount } = progress;
  return (
    <li class="card upload">
      <div class="upload-head">
        <h3>{name}</h3>
        <span class="id">
          {showBytes(size)} into {collection}
        </span>
        <span class={`badge ${progress.state}`}>{WORDS[progress.state]}</span>
      </div>
      <progress aria-label={`${name}: ${WORDS[progress.state]}`} max={1} value={shareOf(progress, size)} />
      <p class="note figure">
        {showNumber(sent)} sent · {showNumber(stored)} stored
        {unchanged > 0 && ` · ${showNumber(unchanged)} unchanged`}
        {failed > 0 && ` · ${showNumber(failed)} failed`}
        {refusedCount > 0 && ` · ${showNumber(refusedCount)} refused`}
      </p>
      {standing !== undefined && <p class="note">{standing}</p>}
      <Fault error={error} />
      {progress.refused.length > 0 && <RefusedTable name={name} refused={progress.refused} />}
    </li>
  );
}

const WORDS: Readonly<Record<FileProgress["state"], string>> = {
  waiting: "waits",
  sending: "is sent",
  embedding: "is embedded",
  done: "done",
  failed: "not done",
  stopped: "stopped",
};

/** Half of the way is sending, half is embedding. */
function shareOf(progress: FileProgress, size: number): number {
  if (isOver(progress)) return 1;
  const read = size === 0 ? 1 : progress.bytesRead / size;
  const ended = progress.sent === 0 ? 0 : (progress.stored + progress.failed) / progress.sent;
  return Math.min(1, read / 2 + ended / 2);
}

function RefusedTable({ name, refused }: { readonly name: string; readonly refused: readonly Refused[] }) {
  return (
    <div class="scroll" role="region" tabIndex={0} aria-label={`Not taken of ${name}`}>
      <table class="list">
        <thead>
          <tr>
            <th scope="col">Where</th>
            <th scope="col">Document</th>
            <th scope="col">Code</th>
            <th scope="col">Field</th>
            <th scope="col">Why</th>
          </tr>
        </thead>
        <tbody>
          {refused.map(({ origin, id, code, field, message }, i) => (
            <tr key={i}>
              <td>{origin}</td>
              <td>{id}</td>
              <td>
                <code>{code}</code>
              </td>
              <td>{field}</td>
              <td class="why">{message}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
