import { useRef, useState } from "preact/hooks";
import { formatAddress } from "../address.ts";
import { CollectionField } from "../parts/collection-field.tsx";
import { Empty } from "../parts/empty.tsx";
import { SelectField, TextField } from "../parts/fields.tsx";
import { Fault, Status } from "../parts/notes.tsx";
import { count } from "../parts/numbers.ts";
import { useAsked } from "../parts/use-asked.ts";
import { useTask } from "../parts/use-task.ts";
import { ServerError, type SearchAnswer } from "../server.ts";
import type { ViewProps } from "../view.ts";
import { GroupEditor } from "./filter/filter-editor.tsx";
import { filterOf } from "./filter/filter-tree.ts";
import { HitView } from "./hit.tsx";
import { draftOf, hasOptions, requestOf, valuesOf, type SearchDraft, type SearchValues } from "./search-draft.ts";

interface Found extends SearchAnswer {
  readonly asked: SearchDraft;
  /** Why the hits are not explained; undefined: they are, or it was not asked. */
  readonly unexplained: string | undefined;
}

/** Search by meaning, by words or both, with the spans that made each hit one. */
export function SearchView({ server, collections, values, onValues }: ViewProps) {
  const [draft, setDraft] = useState(() => draftOf(values));
  const [isOpen, setIsOpen] = useState(() => hasOptions(draft));
  const set = (change: Partial<SearchDraft>): void => {
    setDraft((now) => ({ ...now, ...change }));
  };
  const collection = draft.collection === "" ? (collections?.[0]?.name ?? "") : draft.collection;
  // A server that cannot explain is asked to once.
  const cannotExplain = useRef<string | undefined>(undefined);
  const task = useTask(async (signal: AbortSignal, asked: SearchDraft, before?: Found): Promise<Found> => {
    const request = { ...requestOf(asked), ...(before?.next === undefined ? {} : { page: before.next }) };
    const withMore = (answer: SearchAnswer, unexplained?: string): Found => ({
      ...answer,
      hits: [...(before?.hits ?? []), ...answer.hits],
      asked,
      unexplained,
    });
    // Only a score by meaning has parts to explain; the others are answered with the words that they found.
    if (asked.mode !== "vector")
      return withMore(await server.search(asked.collection, { ...request, snippets: true }, signal));
    if (cannotExplain.current === undefined)
      try {
        return withMore(await server.search(asked.collection, { ...request, explain: true }, signal));
      } catch (error) {
        if (!(error instanceof ServerError && error.code === "not_implemented")) throw error;
        cannotExplain.current = error.message;
      }
    const answer = await server.search(asked.collection, { ...request, snippets: true }, signal);
    return withMore(answer, cannotExplain.current);
  });
  const ask = useAsked<SearchValues>({ values, onValues }, (asked) => {
    const wanted = draftOf(asked);
    setDraft(wanted);
    if (hasOptions(wanted)) setIsOpen(true);
    if (wanted.collection !== "" && wanted.query !== "") task.run(wanted);
  });
  const filter = filterOf(draft.filter);
  const fields = new Set(task.value?.hits.flatMap(({ metadata }) => Object.keys(metadata)));
  return (
    <>
      <h2>Search</h2>
      <form
        role="search"
        onSubmit={(event) => {
          event.preventDefault();
          ask(valuesOf({ ...draft, collection }));
        }}
      >
        <div class="row">
          <CollectionField
            id="search-collection"
            collections={collections}
            value={collection}
            onChange={(name) => {
              set({ collection: name });
            }}
          />
          <TextField
            label="Query"
            name="query"
            type="search"
            required
            wide
            maxLength={2_000}
            value={draft.query}
            onChange={(query) => {
              set({ query });
            }}
          />
          <button type="submit">Search</button>
        </div>
        <details
          class="options"
          open={isOpen}
          onToggle={(event) => {
            setIsOpen(event.currentTarget.open);
          }}
        >
          <summary>Mode and filter</summary>
          <div class="row">
            <SelectField
              label="Mode"
              value={draft.mode}
              options={[
                ["vector", "by meaning"],
                ["hybrid", "by meaning and words"],
                ["lexical", "by words"],
              ]}
              onChange={(mode) => {
                set({ mode });
              }}
            />
            <SelectField
              label="A hit is"
              value={draft.group}
              options={[
                ["document", "a document with its best chunk"],
                ["chunk", "a chunk"],
              ]}
              onChange={(group) => {
                set({ group });
              }}
            />
            {draft.mode !== "hybrid" && (
              <TextField
                label="Score, at least"
                name="min-score"
                type="number"
                step="any"
                placeholder="any"
                value={draft.minScore}
                onChange={(minScore) => {
                  set({ minScore });
                }}
              />
            )}
          </div>
          <GroupEditor
            group={draft.filter}
            level={0}
            onChange={(changed) => {
              set({ filter: changed });
            }}
            onRemove={undefined}
          />
          <datalist id="metadata-fields">
            {[...fields].map((name) => (
              <option key={name} value={name} />
            ))}
          </datalist>
          {filter !== undefined && (
            <p class="note">
              As the API takes it: <code>{JSON.stringify(filter)}</code>
            </p>
          )}
        </details>
      </form>
      <Fault error={task.error} />
      {collections?.length === 0 && (
        <Empty title="No documents yet">
          <p>
            <a href={formatAddress({ tab: "push", values: {} })}>Drop files</a>, then search them.
          </p>
        </Empty>
      )}
      <div class="result" aria-busy={task.busy}>
        {task.value !== undefined && (
          <Hits
            found={task.value}
            onMore={() => {
              if (task.value !== undefined) task.run(task.value.asked, task.value);
            }}
          />
        )}
      </div>
    </>
  );
}

interface HitsProps {
  readonly found: Found;
  readonly onMore: () => void;
}

function Hits({ found: { hits, timing, unexplained, next, asked }, onMore }: HitsProps) {
  return (
    <>
      <Status text={`${count(hits.length, "hit")} in ${Math.round(timing.totalMs)} ms.`} />
      {unexplained !== undefined && <p class="note">Without explanations: {unexplained}</p>}
      {hits.length === 0 && (
        <Empty title="Nothing found">
          <p>{hasOptions(asked) ? "Loosen the filter or the score, or use" : "Use"} other words.</p>
        </Empty>
      )}
      <ol class="hits">
        {hits.map((hit) => (
          <HitView key={`${hit.id}/${hit.chunk.ordinal}`} hit={hit} mode={asked.mode} />
        ))}
      </ol>
      {next !== undefined && (
        <p>
          <button type="button" onClick={onMore}>
            More hits
          </button>
        </p>
      )}
    </>
  );
}
