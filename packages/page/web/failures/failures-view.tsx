import type { Failure } from "@polyseme/client";
import { useEffect, useState } from "preact/hooks";
import { ConfirmButton } from "../parts/confirm-button.tsx";
import { Empty } from "../parts/empty.tsx";
import { SelectField } from "../parts/fields.tsx";
import { Fault, Status } from "../parts/notes.tsx";
import { count, showNumber } from "../parts/numbers.ts";
import { useTask } from "../parts/use-task.ts";
import type { ViewProps } from "../view.ts";
import { CodeTable } from "./code-table.tsx";
import { FailureList } from "./failure-list.tsx";
import { countCodes, listFailures, redrive, type Choice, type CodeCounts } from "./requests.ts";

interface Seen {
  readonly counts: CodeCounts;
  readonly failures: readonly Failure[];
  readonly total: number;
  readonly next: string | null;
}

/** Documents that failed for good: why, and another try. */
export function FailuresView({ server, active, collections, onCollectionsChanged, values, onValues }: ViewProps) {
  const choice: Choice = { collection: values["collection"] ?? "", code: values["code"] ?? "" };
  const { collection, code } = choice;
  const [redriven, setRedriven] = useState("");
  const task = useTask(async (signal: AbortSignal, after?: string, shown: readonly Failure[] = []): Promise<Seen> => {
    const [counts, page] = await Promise.all([
      countCodes(server, collection, signal),
      listFailures(server, choice, after, signal),
    ]);
    return { counts, failures: [...shown, ...page.failures], total: page.total, next: page.next };
  });
  const look = (): void => {
    task.run();
  };
  useEffect(() => {
    if (active) look();
  }, [active, server, collection, code]);
  const again = async (signal: AbortSignal, id?: string, of = choice): Promise<void> => {
    const tried = await redrive(server, { ...of, ...(id === undefined ? {} : { id }) }, signal);
    setRedriven(`${count(tried, "document")} tried again.`);
    look();
    onCollectionsChanged();
  };
  const one = useTask((signal: AbortSignal, failure: Failure) =>
    again(signal, failure.id, { collection: failure.collection, code: "" }),
  );
  const seen = task.value;
  const isChosen = collection !== "" || code !== "";
  return (
    <>
      <div class="view-head">
        <h2>Failures</h2>
        {seen !== undefined && seen.total > 0 && (
          <ConfirmButton
            label={isChosen ? "Try these again" : "Try all again"}
            title={`Try ${showNumber(seen.total)} documents again?`}
            onConfirm={(signal) => again(signal)}
          >
            <p>They are queued as if they had just been pushed. What fails again comes back here.</p>
          </ConfirmButton>
        )}
      </div>
      <div class="row">
        <SelectField
          label="Collection"
          name="collection"
          value={collection}
          options={[
            ["", "all collections"],
            ...namesWith(collection, collections?.map(({ name }) => name) ?? []).map((name) => [name, name] as const),
          ]}
          onChange={(next) => {
            onValues({ collection: next, code });
          }}
        />
        <SelectField
          label="Code"
          name="code"
          value={code}
          options={[
            ["", "all codes"],
            ...namesWith(code, seen?.counts.codes.map((counted) => counted.code) ?? []).map((c) => [c, c] as const),
          ]}
          onChange={(next) => {
            onValues({ collection, code: next });
          }}
        />
        <button type="button" onClick={look}>
          Look again
        </button>
      </div>
      <Fault error={task.error ?? one.error} />
      <Status text={redriven} />
      <div aria-busy={task.busy}>
        {seen !== undefined && seen.counts.codes.length > 0 && (
          <CodeTable
            counts={seen.counts}
            chosen={code}
            onChoose={(next) => {
              onValues({ collection, code: next });
            }}
          />
        )}
        {seen?.failures.length === 0 && (
          <Empty title="No failures">
            <p>
              {isChosen
                ? "None of this collection and code."
                : "Every document that was pushed is stored or on its way."}
            </p>
          </Empty>
        )}
        {seen !== undefined && seen.failures.length > 0 && (
          <FailureList
            failures={seen.failures}
            total={seen.total}
            busy={one.busy}
            onRedrive={one.run}
            onMore={
              seen.next === null
                ? undefined
                : () => {
                    task.run(seen.next ?? undefined, seen.failures);
                  }
            }
          />
        )}
      </div>
    </>
  );
}

/** The chosen one is among them, also when nothing of it is left. */
function namesWith(chosen: string, names: readonly string[]): readonly string[] {
  return chosen === "" || names.includes(chosen) ? names : [chosen, ...names];
}
