import type { Migration } from "@polyseme/client";
import { useState } from "preact/hooks";
import { ConfirmButton } from "../parts/confirm-button.tsx";
import { Facts } from "../parts/facts.tsx";
import { CheckField } from "../parts/fields.tsx";
import { Fault, Status } from "../parts/notes.tsx";
import { showNumber, showSeconds, showShare } from "../parts/numbers.ts";
import { Time } from "../parts/time.tsx";
import { useTask } from "../parts/use-task.ts";
import type { Server } from "../server.ts";
import { cutOver, endMigration, measureOverlap, rollBack } from "./requests.ts";

interface Props {
  readonly server: Server;
  readonly collection: string;
  readonly migration: Migration;
  readonly onChanged: () => void;
}

const STATES: Readonly<Record<Migration["state"], string>> = {
  building: "being built",
  ready: "ready to cut over",
  live: "live",
  rolled_back: "rolled back",
};

/** How far a migration is, how like the answers are, and the next steps. */
export function MigrationCard({ server, collection, migration, onChanged }: Props) {
  const { from, to, state, documents, settings, method, etaSeconds, failures } = migration;
  return (
    <div class="card" aria-label={`Migration of ${collection}`} role="region">
      <div class="upload-head">
        <h3>
          Generation {from} to {to}
        </h3>
        <span class={`badge ${state}`}>{STATES[state]}</span>
      </div>
      <progress
        aria-label="Documents in the generation that is not live"
        max={Math.max(1, documents.total)}
        value={documents.total === 0 ? 1 : documents.done + documents.failed}
      />
      <Status
        text={`${showNumber(documents.done)} of ${showNumber(documents.total)} documents; generation ${to}: ${STATES[state]}.`}
      />
      <Facts
        facts={[
          { name: "Waiting", value: showNumber(documents.pending) },
          { name: "Failed in it", value: showNumber(documents.failed) },
          { name: "Done in", value: etaSeconds === null ? "–" : showSeconds(etaSeconds) },
          { name: "How", value: method === "rechunk" ? "from stored token vectors" : "embedded again" },
          { name: "Model", value: settings.model },
          { name: "Chunks of", value: `${showNumber(settings.chunking.maxTokens)} tokens` },
          { name: "Token vectors", value: settings.tokenVectors },
          { name: "Started", value: <Time iso={migration.startedAt} /> },
        ]}
      />
      <Overlap migration={migration} />
      {failures.length > 0 && (
        <details>
          <summary>Documents that failed in it</summary>
          <ul>
            {failures.map(({ id, code, message }) => (
              <li key={id}>
                <b>{id}</b> <code>{code}</code> {message}
              </li>
            ))}
          </ul>
        </details>
      )}
      <Steps server={server} collection={collection} migration={migration} onChanged={onChanged} />
    </div>
  );
}

const REASONS: Readonly<Record<string, string>> = {
  building: "It is measured when everything is built.",
  measuring: "It is being measured: some seconds, a minute at most.",
};

/** How far both generations answer the same. */
function Overlap({ migration: { overlap, overlapReason } }: { readonly migration: Migration }) {
  return (
    <div class="overlap">
      <h4>The same answers</h4>
      {overlap === null ? (
        <p class="note">{REASONS[overlapReason ?? ""] ?? overlapReason}</p>
      ) : (
        <p>
          <strong class="figure large">{showShare(overlap.mean)}</strong> of the {overlap.at} nearest documents are the
          same in both, in {overlap.queries} questions; {showShare(overlap.least)} in the least alike. It does not say
          whose others are better.
        </p>
      )}
    </div>
  );
}

function Steps({ server, collection, migration, onChanged }: Props) {
  const { state, documents, overlap, from, to } = migration;
  const [force, setForce] = useState(false);
  const measure = useTask(async (signal: AbortSignal) => {
    await measureOverlap(server, collection, signal);
    onChanged();
  });
  const then =
    (act: (signal: AbortSignal) => Promise<unknown>) =>
    async (signal: AbortSignal): Promise<void> => {
      await act(signal);
      onChanged();
    };
  const isAhead = state === "building" || state === "ready";
  return (
    <>
      <div class="buttons">
        {(isAhead || state === "rolled_back") && (
          <ConfirmButton
            label="Cut over"
            title={`Let searches of ${collection} answer from generation ${to}?`}
            disabled={state === "building"}
            onConfirm={then((signal) => cutOver(server, collection, force, signal))}
          >
            <p>
              {overlap === null
                ? "How far the answers are the same is not measured yet."
                : `${showShare(overlap.mean)} of the answers are the same as before, ${showShare(overlap.least)} in the least alike.`}
            </p>
            <p>Generation {from} stays and is kept in step, so that you can go back at once.</p>
            {documents.failed > 0 && (
              <CheckField
                label={`Also without the ${showNumber(documents.failed)} documents that failed in it`}
                checked={force}
                onChange={setForce}
              />
            )}
          </ConfirmButton>
        )}
        {state === "live" && (
          <ConfirmButton
            label="Roll back"
            title={`Let searches of ${collection} answer from generation ${from} again?`}
            onConfirm={then((signal) => rollBack(server, collection, signal))}
          >
            <p>At once. Generation {to} stays beside it until it is dropped.</p>
          </ConfirmButton>
        )}
        {state === "ready" && (
          <button type="button" disabled={measure.busy} onClick={measure.run}>
            {measure.busy ? "Measuring…" : "Measure again"}
          </button>
        )}
        <ConfirmButton
          label={isAhead ? "Cancel the migration" : "Drop the other generation"}
          title={
            isAhead
              ? `Give up the migration of ${collection}?`
              : `Drop the generation of ${collection} that is not live?`
          }
          danger
          onConfirm={then((signal) => endMigration(server, collection, signal))}
        >
          <p>
            Generation {state === "live" ? from : to} and its vectors go; searches are not touched.{" "}
            {state === "live" && "There is no way back after it."}
          </p>
        </ConfirmButton>
      </div>
      <Fault error={measure.error} />
    </>
  );
}
