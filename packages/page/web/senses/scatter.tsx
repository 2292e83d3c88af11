import { useRef, useState } from "preact/hooks";
import { MarkedUse } from "../parts/marked-text.tsx";
import { nextIndex } from "../parts/next-index.ts";
import type { SensesAnswer } from "../shapes.ts";
import { placePoints } from "./place-points.ts";
import { lookOf, SenseMark, symbolPath } from "./sense-mark.tsx";

const WIDTH = 640;
const HEIGHT = 400;
const MARGIN = 16;

/** The uses of a word as points: near together, used alike. One stop of the tab key; arrows walk from left to right. */
export function Scatter({ answer }: { readonly answer: SensesAnswer }) {
  const [current, setCurrent] = useState(0);
  const picture = useRef<SVGSVGElement>(null);
  const points = placePoints(answer.points, { width: WIDTH, height: HEIGHT, margin: MARGIN });
  const place = (sense: number | string): number => answer.senses.findIndex(({ id }) => id === sense);
  const chosen = points[Math.min(current, points.length - 1)];
  const onKeyDown = (event: KeyboardEvent): void => {
    const next = nextIndex(event.key, current, points.length);
    if (next === undefined) return;
    event.preventDefault();
    setCurrent(next);
    picture.current?.querySelector<SVGElement>(`[data-point="${next}"]`)?.focus();
  };
  return (
    <figure class="scatter">
      <svg
        ref={picture}
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        role="listbox"
        aria-label={`Uses of ${answer.word}, coloured by sense`}
        onKeyDown={onKeyDown}
      >
        {points.map(({ x, y, point }, i) => {
          const look = lookOf(place(point.sense));
          return (
            <path
              key={i}
              class={`point ${look.className}`}
              d={symbolPath(look.symbol, x, y)}
              role="option"
              aria-selected={i === current}
              aria-label={`Sense ${place(point.sense) + 1}: ${point.sentence.text}`}
              data-point={i}
              tabindex={i === current ? 0 : -1}
              onFocus={() => {
                setCurrent(i);
              }}
              onMouseEnter={() => {
                setCurrent(i);
              }}
            />
          );
        })}
      </svg>
      <figcaption class="scatter-readout">
        {chosen !== undefined && (
          <>
            <SenseMark place={place(chosen.point.sense)} /> <MarkedUse use={chosen.point} />{" "}
            <span class="id">{chosen.point.id}</span>
          </>
        )}
      </figcaption>
    </figure>
  );
}
