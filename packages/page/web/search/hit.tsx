import { useState } from "preact/hooks";
import { showCosine, showShare } from "../parts/numbers.ts";
import type { ExplainedToken, Hit } from "../shapes.ts";
import { markPieces, splitTokens } from "./explain-marks.ts";
import type { Mode } from "./search-draft.ts";

const SHOWN_METADATA = 12;

/** A hit with its text; where it is explained, the spans that each part of the query met, and what they are worth. */
export function HitView({ hit, mode }: { readonly hit: Hit; readonly mode: Mode }) {
  const [chosen, setChosen] = useState<number>();
  const titled = hit.title !== null && hit.title !== "";
  return (
    <li class="hit">
      <div class="hit-head">
        <h3>{titled ? hit.title : hit.id}</h3>
        {titled && <span class="id">{hit.id}</span>}
        <span class="score">
          {SCORES[mode]} <strong class="figure">{mode === "vector" ? showCosine(hit.score) : showScore(hit)}</strong>
        </span>
      </div>
      <p class="hit-text">
        {markPieces(hit).map(({ text, tokens, strength }, i) =>
          strength === 0 ? (
            text
          ) : (
            <mark
              key={i}
              class={`strength-${strength}${chosen !== undefined && tokens.includes(chosen) ? " chosen" : ""}`}
            >
              {text}
            </mark>
          ),
        )}
      </p>
      <Metadata metadata={hit.metadata} />
      {hit.explain !== undefined && <Explanation tokens={hit.explain.tokens} chosen={chosen} onChoose={setChosen} />}
    </li>
  );
}

const SCORES: Readonly<Record<Mode, string>> = { vector: "similarity", lexical: "BM25", hybrid: "place" };

/** Of a hybrid search: by meaning and by words, from 1. */
function showScore({ score, ranks }: Hit): string {
  if (ranks === undefined) return score.toFixed(2);
  return `${ranks.vector ?? "–"} by meaning, ${ranks.lexical ?? "–"} by words`;
}

function Metadata({ metadata }: Pick<Hit, "metadata">) {
  const entries = Object.entries(metadata);
  if (entries.length === 0) return null;
  return (
    <dl class="metadata">
      {entries.slice(0, SHOWN_METADATA).map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{typeof value === "string" ? value : JSON.stringify(value)}</dd>
        </div>
      ))}
    </dl>
  );
}

interface ExplanationProps {
  readonly tokens: readonly ExplainedToken[];
  readonly chosen: number | undefined;
  readonly onChoose: (index: number | undefined) => void;
}

function Explanation({ tokens, chosen, onChoose }: ExplanationProps) {
  const { words, special } = splitTokens(tokens);
  return (
    <>
      <ul class="met" aria-label="What each word of the query met">
        {words.map(({ index, token }) => (
          <li key={index}>
            <button
              type="button"
              aria-pressed={chosen === index}
              onClick={() => {
                onChoose(chosen === index ? undefined : index);
              }}
              onFocus={() => {
                onChoose(index);
              }}
              onBlur={() => {
                onChoose(undefined);
              }}
              onMouseEnter={() => {
                onChoose(index);
              }}
              onMouseLeave={() => {
                onChoose(undefined);
              }}
            >
              <b>{token.text}</b>
              {token.match !== null && ` → ${token.match.text}`}
              <span class="met-figures">
                {showCosine(token.similarity)} · {showShare(token.share)}
              </span>
            </button>
          </li>
        ))}
      </ul>
      {special.length > 0 && (
        <p class="special-tokens">
          Of the score beside the words: {special.map(({ text, part }) => `${text} ${showCosine(part)}`).join(", ")}
        </p>
      )}
    </>
  );
}
