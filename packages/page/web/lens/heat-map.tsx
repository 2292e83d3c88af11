import { memo } from "preact/compat";
import { useRef } from "preact/hooks";
import { showCosine } from "../parts/numbers.ts";
import { colourOf, cssColour } from "./colour.ts";
import type { LensToken } from "./compare.ts";

/** A pair of tokens: row and column of a map. */
export interface Cell {
  readonly row: number;
  readonly column: number;
}

interface Props {
  readonly id: string;
  readonly title: string;
  readonly explanation: string;
  readonly tokens: readonly LensToken[];
  readonly values: readonly (readonly number[])[];
  readonly focus: Cell;
  readonly onFocus: (cell: Cell) => void;
}

/** A table whose cells are coloured: what is a picture for the eye is a table for everybody else. Arrow keys walk in it. */
export function HeatMap({ id, title, explanation, tokens, values, focus, onFocus }: Props) {
  const table = useRef<HTMLTableElement>(null);
  const notice = (event: Event): void => {
    const cell = cellOf(event.target);
    if (cell !== undefined && (cell.row !== focus.row || cell.column !== focus.column)) onFocus(cell);
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const cell = cellOf(event.target);
    const next = cell === undefined ? undefined : step(event.key, cell, tokens.length - 1);
    if (next === undefined) return;
    event.preventDefault();
    table.current?.querySelector<HTMLElement>(`[data-row="${next.row}"][data-column="${next.column}"]`)?.focus();
  };
  return (
    <figure class="map">
      <figcaption>
        <h3 id={`${id}-title`}>{title}</h3>
        <p>{explanation}</p>
      </figcaption>
      <div class="map-scroll">
        <table
          role="grid"
          aria-labelledby={`${id}-title`}
          aria-readonly="true"
          ref={table}
          onFocusIn={notice}
          onMouseOver={notice}
          onKeyDown={onKeyDown}
        >
          <thead>
            <tr>
              <td />
              {tokens.map((token, column) => (
                <th key={column} scope="col" class={borderClass(tokens, column, "column")}>
                  <span class="upright">{token.text}</span>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {tokens.map((token, row) => (
              <Row
                key={row}
                row={row}
                name={token.text}
                tokens={tokens}
                values={values[row] ?? []}
                focused={focus.row === row ? focus.column : undefined}
              />
            ))}
          </tbody>
        </table>
      </div>
    </figure>
  );
}

interface RowProps {
  readonly row: number;
  readonly name: string;
  readonly tokens: readonly LensToken[];
  readonly values: readonly number[];
  /** The column that has the focus, when it is in this row. */
  readonly focused: number | undefined;
}

/** Remembered, so that the focus costs two rows and not the map. */
const Row = memo(function Row({ row, name, tokens, values, focused }: RowProps) {
  return (
    <tr class={borderClass(tokens, row, "row")}>
      <th scope="row">{name}</th>
      {values.map((value, column) => {
        const { paper, ink } = colourOf(value);
        return (
          <td
            key={column}
            role="gridcell"
            class={[borderClass(tokens, column, "column"), column === focused ? "focused" : ""].join(" ").trim()}
            data-row={row}
            data-column={column}
            tabIndex={column === focused ? 0 : -1}
            style={{ backgroundColor: cssColour(paper), color: cssColour(ink) }}
          >
            {showCosine(value)}
          </td>
        );
      })}
    </tr>
  );
});

/** A line between the sentences. */
function borderClass(tokens: readonly LensToken[], index: number, along: "row" | "column"): string {
  const before = tokens[index - 1];
  return before !== undefined && before.sentence !== tokens[index]?.sentence ? `new-sentence-${along}` : "";
}

function cellOf(target: EventTarget | null): Cell | undefined {
  const cell = target instanceof Element ? target.closest<HTMLElement>("[data-row]") : null;
  return cell === null ? undefined : { row: Number(cell.dataset["row"]), column: Number(cell.dataset["column"]) };
}

/** undefined: the key is none of the map's. */
function step(key: string, { row, column }: Cell, last: number): Cell | undefined {
  const within = (index: number): number => Math.min(Math.max(index, 0), last);
  switch (key) {
    case "ArrowRight":
      return { row, column: within(column + 1) };
    case "ArrowLeft":
      return { row, column: within(column - 1) };
    case "ArrowDown":
      return { row: within(row + 1), column };
    case "ArrowUp":
      return { row: within(row - 1), column };
    case "Home":
      return { row, column: 0 };
    case "End":
      return { row, column: last };
    default:
      return undefined;
  }
}
