/** One value of a Prometheus text. */
export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export type Samples = ReadonlyMap<string, readonly Sample[]>;

const LINE = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)(?: \d+)?$/;
const LABEL = /([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"/g;

/** Prometheus text by the names of its metrics; lines that are none are left out. */
export function readMetrics(text: string): Samples {
  const found = new Map<string, Sample[]>();
  for (const line of text.split("\n")) {
    const [, name, labelText = "", number = ""] = LINE.exec(line) ?? [];
    if (name === undefined) continue;
    const labels = Object.fromEntries([...labelText.matchAll(LABEL)].map(([, key = "", value = ""]) => [key, value]));
    const samples = found.get(name) ?? [];
    samples.push({ labels, value: numberOf(number) });
    found.set(name, samples);
  }
  return found;
}

function numberOf(text: string): number {
  if (text === "+Inf") return Infinity;
  if (text === "-Inf") return -Infinity;
  return Number(text);
}

/** The sum of a metric's values with these labels; undefined: there is none. */
export function valueOf(samples: Samples, name: string, labels: Sample["labels"] = {}): number | undefined {
  const chosen = (samples.get(name) ?? []).filter(({ labels: has }) =>
    Object.entries(labels).every(([key, value]) => has[key] === value),
  );
  return chosen.length === 0 ? undefined : chosen.reduce((sum, { value }) => sum + value, 0);
}
