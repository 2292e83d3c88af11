import { showNumber } from "./numbers.ts";

const STATES = ["stored", "embedding", "queued", "failed"] as const;

/** Documents by state: a bar for the eye, the same in figures below it. */
export function StatesBar({ counts }: { readonly counts: Readonly<Record<(typeof STATES)[number], number>> }) {
  const there = STATES.filter((state) => counts[state] > 0);
  return (
    <div class="states-bar">
      <div class="bar" aria-hidden="true">
        {there.map((state) => (
          <span key={state} class={`part ${state}`} style={{ flexGrow: counts[state] }} />
        ))}
      </div>
      <ul class="state-counts">
        {(there.length === 0 ? (["stored"] as const) : there).map((state) => (
          <li key={state}>
            <span class={`dot ${state}`} aria-hidden="true" />
            <span class="figure">{showNumber(counts[state])}</span> {state}
          </li>
        ))}
      </ul>
    </div>
  );
}
