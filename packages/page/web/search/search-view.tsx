import { useRef, useState } from "preact/hooks";
import { CollectionField } from "../parts/collection-field.tsx";
import { Fault, Status } from "../parts/notes.tsx";
import { count } from "../parts/numbers.ts";
import { useAsked } from "../parts/use-asked.ts";
import { useTask } from "../parts/use-task.ts";
import { ServerError, type SearchAnswer } from "../server.ts";
import type { ViewProps } from "../view.ts";
import { HitView } from "./hit.tsx";

interface Found extends SearchAnswer {
  /** Why the hits are not explained; undefined: they are. */
  readonly unexplained: string | undefined;
}

/** Search by meaning, with the spans that made each hit one. */
export function SearchView({ server, collections, values, onValues }: ViewProps) {
  const [named, setCollection] = useState(values["collection"] ?? "");
  const [query, setQuery] = useState(values["query"] ?? "");
  const collection = named === "" ? (collections?.[0]?.name ?? "") : named;
  // A server that cannot explain is asked to once.
  const cannotExplain = useRef<string | undefined>(undefined);
  const task = useTask(async (signal: AbortSignal, from: string, text: string): Promise<Found> => {
    if (cannotExplain.current === undefined)
      try {
        return { ...(await server.search(from, text, { explain: true }, signal)), unexplained: undefined };
      } catch (error) {
        if (!(error instanceof ServerError && error.code === "not_implemented")) throw error;
        cannotExplain.current = error.message;
      }
    const answer = await server.search(from, text, { explain: false }, signal);
    return { ...answer, unexplained: cannotExplain.current };
  });
  const ask = useAsked<{ collection: string; query: string }>({ values, onValues }, (asked) => {
    setCollection(asked.collection ?? "");
    setQuery(asked.query ?? "");
    if (asked.collection !== undefined && asked.query !== undefined) task.run(asked.collection, asked.query);
  });
  return (
    <>
      <h2>Search</h2>
      <form
        class="row"
        role="search"
        onSubmit={(event) => {
          event.preventDefault();
          ask({ collection, query });
        }}
      >
        <CollectionField id="search-collection" collections={collections} value={collection} onChange={setCollection} />
        <label class="field wide">
          <span>Query</span>
          <input
            name="query"
            type="search"
            required
            maxLength={2_000}
            value={query}
            onInput={(event) => {
              setQuery(event.currentTarget.value);
            }}
          />
        </label>
        <button type="submit">Search</button>
      </form>
      <Fault error={task.error} />
      <div class="result" aria-busy={task.busy}>
        {task.value !== undefined && <Hits found={task.value} />}
      </div>
    </>
  );
}

function Hits({ found: { hits, timing, unexplained } }: { readonly found: Found }) {
  return (
    <>
      <Status text={`${count(hits.length, "hit")} in ${Math.round(timing.totalMs)} ms.`} />
      {unexplained !== undefined && <p class="note">Without explanations: {unexplained}</p>}
      <ol class="hits">
        {hits.map((hit) => (
          <HitView key={`${hit.id}/${hit.chunk.ordinal}`} hit={hit} />
        ))}
      </ol>
    </>
  );
}
