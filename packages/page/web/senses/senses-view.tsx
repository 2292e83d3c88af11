import { useState } from "preact/hooks";
import { CollectionField } from "../parts/collection-field.tsx";
import { MarkedUse } from "../parts/marked-text.tsx";
import { Fault, Status } from "../parts/notes.tsx";
import { count, showCosine, showShare } from "../parts/numbers.ts";
import { useAsked } from "../parts/use-asked.ts";
import { useTask } from "../parts/use-task.ts";
import type { Sense, SensesAnswer } from "../shapes.ts";
import type { ViewProps } from "../view.ts";
import { Scatter } from "./scatter.tsx";
import { SenseMark } from "./sense-mark.tsx";

const SHOWN_CONTEXTS = 4;
const SHOWN_NEIGHBOURS = 8;

/** The senses of a word: how a collection uses it. */
export function SensesView({ server, collections, values, onValues }: ViewProps) {
  const [named, setCollection] = useState(values["collection"] ?? "");
  const [word, setWord] = useState(values["word"] ?? "");
  const collection = named === "" ? (collections?.[0]?.name ?? "") : named;
  const task = useTask((signal: AbortSignal, from: string, asked: string) => server.senses(from, asked, signal));
  const ask = useAsked<{ collection: string; word: string }>({ values, onValues }, (asked) => {
    setCollection(asked.collection ?? "");
    setWord(asked.word ?? "");
    if (asked.collection !== undefined && asked.word !== undefined) task.run(asked.collection, asked.word);
  });
  return (
    <>
      <h2>Senses of a word</h2>
      <form
        class="row"
        onSubmit={(event) => {
          event.preventDefault();
          ask({ collection, word: word.trim() });
        }}
      >
        <CollectionField id="senses-collection" collections={collections} value={collection} onChange={setCollection} />
        <label class="field">
          <span>Word</span>
          <input
            name="word"
            required
            maxLength={100}
            autocapitalize="none"
            value={word}
            onInput={(event) => {
              setWord(event.currentTarget.value);
            }}
          />
        </label>
        <button type="submit">Show senses</button>
      </form>
      <Fault error={task.error} />
      <div class="result" aria-busy={task.busy}>
        {task.value !== undefined && <Senses answer={task.value} />}
      </div>
    </>
  );
}

function Senses({ answer }: { readonly answer: SensesAnswer }) {
  const { word, uses, truncated, senses, similarity, rule } = answer;
  return (
    <>
      <Status
        text={`${count(uses, "use")} of ${word}${truncated ? " (there are more)" : ""}, ${count(senses.length, "sense")}.`}
      />
      <table class="side-by-side">
        <caption>Mean similarity of two uses of {word}</caption>
        <thead>
          <tr>
            <td />
            <th scope="col">same sense</th>
            <th scope="col">different senses</th>
          </tr>
        </thead>
        <tbody>
          <tr>
            <th scope="row">contextual</th>
            <td class="figure">{showCosine(similarity.within)}</td>
            <td class="figure">{showCosine(similarity.across)}</td>
          </tr>
          <tr>
            <th scope="row">static</th>
            <td class="figure">{showCosine(similarity.static)}</td>
            <td class="figure">{similarity.across === null ? "–" : showCosine(similarity.static)}</td>
          </tr>
        </tbody>
      </table>
      <p class="note">{rule.text}</p>
      <div class="senses">
        {answer.points.length > 0 && <Scatter answer={answer} />}
        <ol class="sense-list">
          {senses.map((sense, place) => (
            <SenseCard key={sense.id} place={place} sense={sense} />
          ))}
        </ol>
      </div>
    </>
  );
}

function SenseCard({ place, sense }: { readonly place: number; readonly sense: Sense }) {
  return (
    <li class="sense">
      <h3>
        <SenseMark place={place} /> Sense {place + 1}
      </h3>
      <p class="sense-size">
        {count(sense.size, "use")}, {showShare(sense.share)}, cohesion {showCosine(sense.cohesion)}
      </p>
      <ul class="contexts">
        {sense.contexts.slice(0, SHOWN_CONTEXTS).map((use) => (
          <li key={`${use.id}/${use.start}`}>
            <MarkedUse use={use} /> <span class="id">{use.id}</span>
          </li>
        ))}
      </ul>
      {sense.neighbours.length > 0 && (
        <p class="neighbours">
          Near it:{" "}
          {sense.neighbours
            .slice(0, SHOWN_NEIGHBOURS)
            .map((near) => `${near.word} ${showCosine(near.similarity)}`)
            .join(", ")}
        </p>
      )}
    </li>
  );
}
