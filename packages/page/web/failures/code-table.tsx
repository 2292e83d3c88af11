import { showNumber } from "../parts/numbers.ts";
import type { CodeCounts } from "./requests.ts";

interface Props {
  readonly counts: CodeCounts;
  readonly chosen: string;
  readonly onChoose: (code: string) => void;
}

/** How many failures of each code; a code is a filter. */
export function CodeTable({ counts: { codes, total, isPart }, chosen, onChoose }: Props) {
  return (
    <div class="card">
      <table class="list codes">
        <caption>
          {showNumber(total)} failures by code{isPart && ", of the newest"}
        </caption>
        <thead>
          <tr>
            <th scope="col">Code</th>
            <th scope="col" class="number">
              Documents
            </th>
          </tr>
        </thead>
        <tbody>
          {codes.map(({ code, count }) => (
            <tr key={code}>
              <th scope="row">
                <button
                  type="button"
                  aria-pressed={code === chosen}
                  onClick={() => {
                    onChoose(code === chosen ? "" : code);
                  }}
                >
                  <code>{code}</code>
                </button>
              </th>
              <td class="number">{showNumber(count)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
