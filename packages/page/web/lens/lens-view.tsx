import type { InspectAnswer } from "@polyseme/client";
import { useEffect, useRef, useState } from "preact/hooks";
import { Fault, Status } from "../parts/notes.tsx";
import { count, showCosine } from "../parts/numbers.ts";
import { useAsked } from "../parts/use-asked.ts";
import { useTask } from "../parts/use-task.ts";
import type { ViewProps } from "../view.ts";
import { compareSentences, type Comparison, type SharedToken } from "./compare.ts";
import { HeatMap, type Cell } from "./heat-map.tsx";
import { TokenTable } from "./token-table.tsx";

/** The fruit and the company: one word, one static vector, two meanings. */
const FIRST = "I baked an apple pie.";
const SECOND = "Apple released its new laptop.";

interface Seen {
  readonly sentences: readonly { readonly text: string; readonly answer: InspectAnswer }[];
  readonly comparison: Comparison;
}

/** The token lens: what the encoder sees in one or two sentences. */
export function LensView({ server, active, values, onValues }: ViewProps) {
  const [first, setFirst] = useState(values["first"] ?? FIRST);
  const [second, setSecond] = useState(values["second"] ?? (values["first"] === undefined ? SECOND : ""));
  const runs = useRef(0);
  const task = useTask(async (signal: AbortSignal, texts: readonly string[]): Promise<Seen> => {
    const sentences = await Promise.all(
      texts.map(async (text) => ({ text, answer: await server.inspect(text, signal) })),
    );
    // The maps begin anew, at the word that both sentences have.
    runs.current += 1;
    return { sentences, comparison: compareSentences(sentences.map(({ answer }) => answer)) };
  });
  const look = (texts: readonly string[]): void => {
    task.run(texts.filter((text) => text.trim() !== ""));
  };
  const ask = useAsked<{ first: string; second: string }>({ values, onValues }, (asked) => {
    setFirst(asked.first ?? "");
    setSecond(asked.second ?? "");
    look([asked.first ?? "", asked.second ?? ""]);
  });
  // At once, and again when another key may open what the last one did not.
  useEffect(() => {
    if (active && task.value === undefined) look([first, second]);
  }, [active, server]);
  return (
    <>
      <h2>Token lens</h2>
      <p class="lead">
        A static table has one vector for a word. An encoder gives it another one in every sentence: here are both.
      </p>
      <form
        class="row"
        onSubmit={(event) => {
          event.preventDefault();
          ask({ first, second });
        }}
      >
        <label class="field wide">
          <span>Sentence 1</span>
          <input
            name="first"
            required
            maxLength={2_000}
            value={first}
            onInput={(event) => {
              setFirst(event.currentTarget.value);
            }}
          />
        </label>
        <label class="field wide">
          <span>Sentence 2 (may be empty)</span>
          <input
            name="second"
            maxLength={2_000}
            value={second}
            onInput={(event) => {
              setSecond(event.currentTarget.value);
            }}
          />
        </label>
        <button type="submit">Look</button>
      </form>
      <Fault error={task.error} />
      <div class={task.error === undefined ? "lens-result" : ""} aria-busy={task.busy}>
        {task.value !== undefined && <Result key={runs.current} seen={task.value} />}
      </div>
    </>
  );
}

function Result({ seen: { sentences, comparison } }: { readonly seen: Seen }) {
  const { tokens, left, shared } = comparison;
  const [focus, setFocus] = useState<Cell>(shared[0] ?? { row: 0, column: 0 });
  const map = { tokens, focus, onFocus: setFocus };
  return (
    <>
      <Status text={`${count(tokens.length, "token")} compared.`} />
      <div class="in-words">
        {shared.length === 0 && <p>No word stands in both sentences. Give two that share one to see it change.</p>}
        {shared.slice(0, 3).map((token) => (
          <SharedWord key={token.text} token={token} />
        ))}
      </div>
      <output class="readout" aria-live="polite">
        {readout(comparison, focus)}
      </output>
      <div class="maps">
        <HeatMap
          id="static"
          title="Static"
          explanation="Rows of the model's input table: the same word is the same vector, whatever stands around it."
          values={comparison.static}
          {...map}
        />
        <HeatMap
          id="contextual"
          title="Contextual"
          explanation="What the encoder makes of each token in its sentence: meaning decides, not spelling."
          values={comparison.contextual}
          {...map}
        />
      </div>
      <p class="legend">
        <span>cosine similarity: 0 or less</span> <span class="scale" aria-hidden="true" /> <span>1</span>
        {left > 0 && <span> · {count(left, "further token")} not in the maps</span>}
      </p>
      <div class="token-tables">
        {sentences.map(({ text, answer }, i) => (
          <TokenTable key={i} number={i + 1} text={text} answer={answer} />
        ))}
      </div>
    </>
  );
}

function SharedWord({ token }: { readonly token: SharedToken }) {
  return (
    <p>
      <b>{token.text}</b> in both sentences: static similarity{" "}
      <strong class="figure">{showCosine(token.static)}</strong>
      {token.static === 1 ? ", one and the same vector" : ""}; contextual similarity{" "}
      <strong class="figure">{showCosine(token.contextual)}</strong>.
    </p>
  );
}

function readout({ tokens, ...values }: Comparison, { row, column }: Cell): string {
  const name = (index: number): string => `“${tokens[index]?.text ?? ""}” (${(tokens[index]?.sentence ?? 0) + 1})`;
  const figure = (kind: "static" | "contextual"): string => `${kind} ${showCosine(values[kind][row]?.[column] ?? 0)}`;
  return `${name(row)} and ${name(column)}: ${figure("static")}, ${figure("contextual")}`;
}
