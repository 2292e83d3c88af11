interface Size {
  readonly width: number;
  readonly height: number;
}

/** A line over `values`, evenly apart from edge to edge; broken where one is not known or not finite. */
export function chartOf(values: readonly (number | undefined)[], { width, height }: Size) {
  const known = values.filter((value) => value !== undefined && Number.isFinite(value));
  const top = roundUp(Math.max(0, ...known.map((value) => value ?? 0)));
  const step = values.length < 2 ? 0 : width / (values.length - 1);
  const lines: string[] = [];
  let line = "";
  values.forEach((value, i) => {
    if (value === undefined || !Number.isFinite(value)) {
      if (line !== "") lines.push(line);
      line = "";
      return;
    }
    const y = height - (value / top) * height;
    line += `${line === "" ? "M" : "L"}${tenth(i * step)} ${tenth(y)}`;
  });
  if (line !== "") lines.push(line);
  return { top, lines };
}

const ROUND = [1, 2, 5, 10];

/** The next of 1, 2, 5, 10, 20, 50, … */
function roundUp(value: number): number {
  if (value <= 1) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return power * (ROUND.find((round) => round * power >= value) ?? 10);
}

function tenth(value: number): number {
  return Math.round(value * 10) / 10;
}
