import type { Failure } from "@polyseme/client";
import { count, showNumber } from "../parts/numbers.ts";
import { Time } from "../parts/time.tsx";

interface Props {
  readonly failures: readonly Failure[];
  readonly total: number;
  readonly busy: boolean;
  readonly onRedrive: (failure: Failure) => void;
  /** undefined: these are all. */
  readonly onMore: (() => void) | undefined;
}

/** Failed documents, each with its message and another try. */
export function FailureList({ failures, total, busy, onRedrive, onMore }: Props) {
  return (
    <>
      <ul class="cards" aria-label="Failed documents">
        {failures.map((failure) => (
          <li key={`${failure.collection}/${failure.id}`} class="card failure">
            <div class="upload-head">
              <h3>{failure.id}</h3>
              <span class="id">in {failure.collection}</span>
              <code class="badge failed">{failure.error.code}</code>
              <button
                type="button"
                aria-label={`Try again: ${failure.id}`}
                disabled={busy}
                onClick={() => {
                  onRedrive(failure);
                }}
              >
                Try again
              </button>
            </div>
            <p class="message">{failure.error.message}</p>
            <p class="note">
              version {failure.version}, {count(failure.attempts, "attempt")}, <Time iso={failure.failedAt} />
            </p>
          </li>
        ))}
      </ul>
      <p class="note">
        {showNumber(failures.length)} of {showNumber(total)} shown.
      </p>
      {onMore !== undefined && (
        <button type="button" onClick={onMore}>
          More
        </button>
      )}
    </>
  );
}
