import { useId } from "preact/hooks";
import { chartOf } from "./chart-path.ts";

interface Props {
  readonly title: string;
  /** The last value, as it is written. */
  readonly now: string;
  readonly values: readonly (number | undefined)[];
  readonly unit: string;
}

const WIDTH = 320;
const HEIGHT = 80;

/** A line over the last minutes; the figure beside its name says the same of this moment, a table the rest. */
export function Chart({ title, now, values, unit }: Props) {
  const name = useId();
  const { top, lines } = chartOf(values, { width: WIDTH, height: HEIGHT });
  return (
    <figure class="card chart" aria-labelledby={name}>
      <figcaption id={name}>
        {title} <strong class="figure large">{now}</strong>
      </figcaption>
      <svg viewBox={`-1 -3 ${WIDTH + 2} ${HEIGHT + 6}`} preserveAspectRatio="none" aria-hidden="true">
        <path class="base" d={`M0 ${HEIGHT}H${WIDTH}M0 0H${WIDTH}`} />
        {lines.map((d, i) => (
          <path key={i} class="line" d={d} />
        ))}
      </svg>
      <p class="note chart-scale" aria-hidden="true">
        <span>0 to {top.toLocaleString("en-GB")}</span>
        <span>{unit}</span>
      </p>
    </figure>
  );
}
