import { useEffect, useRef, useState } from "preact/hooks";
import { Fault, Status } from "../parts/notes.tsx";
import { useTask } from "../parts/use-task.ts";
import { formatAddress } from "../address.ts";
import { ServerError, type Server } from "../server.ts";
import { watchDocument, type DocumentState, type SeenState } from "./watch-document.ts";

interface Draft {
  readonly collection: string;
  readonly id: string;
  readonly title: string;
  readonly text: string;
}

interface Pushed {
  readonly number: number;
  readonly draft: Draft;
  readonly unchanged: boolean;
  readonly states: readonly SeenState[];
  readonly error?: Error;
}

const FIRST_DRAFT = { id: "", title: "", text: "" };
const KEPT = 20;
const ELSEWHERE = "Pushes are the ingest service's: put it and the api behind one address.";

interface Props {
  readonly server: Server;
  readonly collection: string;
  readonly onDone: () => void;
}

/** Write a document, push it and watch what becomes of it. */
export function WriteDocument({ server, collection: into, onDone }: Props) {
  const [draft, setDraft] = useState(FIRST_DRAFT);
  const [pushes, setPushes] = useState<readonly Pushed[]>([]);
  const number = useRef(0);
  // Several are watched at once; all end with the view.
  const leaving = useRef(new AbortController());
  useEffect(() => () => leaving.current.abort(), []);

  const watch = async (mine: number, watched: Draft, ticket: string, first?: DocumentState): Promise<void> => {
    const change = (edit: (pushed: Pushed) => Pushed): void => {
      setPushes((all) => all.map((pushed) => (pushed.number === mine ? edit(pushed) : pushed)));
    };
    try {
      for await (const seen of watchDocument(server, { ...watched, ticket, first }, leaving.current.signal))
        change((pushed) => ({ ...pushed, states: [...pushed.states, seen] }));
      onDone();
    } catch (error) {
      change((pushed) => ({ ...pushed, error: error as Error }));
    }
  };
  const task = useTask(async (signal: AbortSignal, { collection, id, title, text }: Draft) => {
    const pushedDocument = { id, text, ...(title === "" ? {} : { title }) };
    const answer = await server.push(collection, pushedDocument, signal).catch((error: unknown) => {
      throw error instanceof ServerError && error.code === "not_found"
        ? new ServerError(error.code, `${error.message} ${ELSEWHERE}`)
        : error;
    });
    const [refused] = answer.rejected;
    if (refused !== undefined) throw new ServerError(refused.code, refused.message);
    const mine = (number.current += 1);
    const unchanged = answer.unchanged > 0;
    const pushed: Pushed = {
      number: mine,
      draft: { collection, id, title, text },
      unchanged,
      // That it is queued, durably, is what the answer says.
      states: unchanged ? [] : [{ state: "queued", afterMs: 0 }],
    };
    setPushes((all) => [pushed, ...all].slice(0, KEPT));
    void watch(mine, pushed.draft, answer.ticket, pushed.states[0]?.state);
  });
  const field = (name: keyof typeof FIRST_DRAFT) => ({
    name,
    value: draft[name],
    onInput: (event: { readonly currentTarget: { readonly value: string } }) => {
      const { value } = event.currentTarget;
      setDraft((now) => ({ ...now, [name]: value }));
    },
  });
  return (
    <>
      <form
        class="push"
        onSubmit={(event) => {
          event.preventDefault();
          task.run({ ...draft, collection: into });
        }}
      >
        <label class="field">
          <span>Id (the same again is a new version)</span>
          <input {...field("id")} required maxLength={512} />
        </label>
        <label class="field">
          <span>Title (may be empty)</span>
          <input {...field("title")} />
        </label>
        <label class="field text">
          <span>Text</span>
          <textarea {...field("text")} required rows={6} />
        </label>
        <button type="submit" disabled={task.busy}>
          Push
        </button>
      </form>
      <Fault error={task.error} />
      <Status text={lastNews(pushes[0])} />
      <ol class="pushes">
        {pushes.map((pushed) => (
          <PushedView key={pushed.number} pushed={pushed} />
        ))}
      </ol>
    </>
  );
}

function PushedView({ pushed: { draft, unchanged, states, error } }: { readonly pushed: Pushed }) {
  const [query = ""] = /[^.!?\n]+/.exec(draft.text) ?? [];
  const stored = states.at(-1)?.state === "stored";
  return (
    <li class="pushed">
      <h4>
        {draft.title === "" ? draft.id : draft.title} <span class="id">{`${draft.collection}/${draft.id}`}</span>
      </h4>
      {unchanged && <p class="note">The same content was there already: nothing was embedded again.</p>}
      <ol class="states">
        {states.map(({ state, afterMs }) => (
          <li key={state} class={`state-${state}`}>
            {state} <span class="after">{Math.round(afterMs)} ms</span>
          </li>
        ))}
      </ol>
      {states.map(
        (seen) => seen.error && <Fault key={seen.state} error={new ServerError(seen.error.code, seen.error.message)} />,
      )}
      <Fault error={error} />
      {stored && (
        <a
          href={formatAddress({
            tab: "search",
            values: { collection: draft.collection, query: query.trim().slice(0, 200) },
          })}
        >
          Search for it
        </a>
      )}
    </li>
  );
}

function lastNews(pushed: Pushed | undefined): string {
  const state = pushed?.states.at(-1)?.state;
  return pushed === undefined || state === undefined ? "" : `${pushed.draft.id} is ${state}.`;
}
