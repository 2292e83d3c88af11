import type { InspectAnswer } from "@polyseme/client";
import { count } from "../parts/numbers.ts";

interface Props {
  readonly number: number;
  readonly text: string;
  readonly answer: InspectAnswer;
}

/** What the model makes of a sentence: tokens, their ids and places, the shape of the tensor. */
export function TokenTable({ number, text, answer }: Props) {
  return (
    <section class="tokens">
      <h3>Sentence {number}</h3>
      <p>
        <q>{text}</q> is {count(answer.tokens.length, "token")} for {answer.model}, shape{" "}
        <code class="shape">[{answer.shape.join(", ")}]</code>
        {answer.truncated && ", cut at what the model takes"}.
      </p>
      <div class="scroll" tabIndex={0} role="region" aria-label={`Tokens of sentence ${number}`}>
        <table>
          <thead>
            <tr>
              <th scope="row">token</th>
              {answer.tokens.map((token, i) => (
                <td key={i} class={token.special ? "special" : ""}>
                  {token.text}
                </td>
              ))}
            </tr>
          </thead>
          <tbody>
            <tr>
              <th scope="row">id</th>
              {answer.tokens.map(({ id }, i) => (
                <td key={i}>{id}</td>
              ))}
            </tr>
            <tr>
              <th scope="row">characters</th>
              {answer.tokens.map(({ special, start, end }, i) => (
                <td key={i}>{special ? "special" : `${start}–${end}`}</td>
              ))}
            </tr>
          </tbody>
        </table>
      </div>
    </section>
  );
}
