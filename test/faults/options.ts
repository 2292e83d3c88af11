import { parseArgs } from "node:util";
import { FAULT_KINDS, isFaultKind, type FaultKind } from "./kinds.ts";
import { STEPS } from "./steps.ts";

export const HELP = `Usage: npm run test:faults -- [options]

Kills, stops and cuts real services and servers while documents are pushed, then looks whether anything was lost, doubled
or stale. A seed brings back the load and the faults that were planned; at which instruction each hits, it cannot.

  --runs N         random runs (default 10)
  --seed S         of the first run; the next ones count on from it (default: chosen, and printed)
  --documents N    a run (default 2000)
  --embedders N    (default 3)
  --faults N       a run (default 5)
  --seconds N      over which the load is spread (default 12)
  --only KIND ...  only these kinds of faults: ${FAULT_KINDS.join(", ")}
  --steps          instead: kill -9 at each numbered step of a document's life
  --times N        each step so often (default 20); with --recovery default 5
  --step NAME ...  only these steps: ${STEPS.map(({ name }) => name).join(", ")}
  --recovery       instead: how soon documents are stored after Redis was emptied or their worker was killed
  --list           prints the steps with their numbers
`;

export interface FaultOptions {
  readonly what: "random" | "steps" | "recovery" | "list" | "help";
  readonly runs: number;
  readonly seed: number;
  readonly documents: number;
  readonly embedders: number;
  readonly faults: number;
  readonly loadMs: number;
  readonly kinds: readonly FaultKind[];
  readonly times: number;
  readonly steps: readonly string[];
}

/** @throws Error that says which option is wrong */
export function readOptions(args: readonly string[], chosenSeed: number): FaultOptions {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      runs: { type: "string" },
      seed: { type: "string" },
      documents: { type: "string" },
      embedders: { type: "string" },
      faults: { type: "string" },
      seconds: { type: "string" },
      only: { type: "string", multiple: true },
      steps: { type: "boolean" },
      times: { type: "string" },
      step: { type: "string", multiple: true },
      recovery: { type: "boolean" },
      list: { type: "boolean" },
      help: { type: "boolean", short: "h" },
    },
  });
  // `--only a b c`: what follows the first one is positional.
  const steps = values.step === undefined ? [] : [...values.step, ...positionals];
  const only = values.step === undefined ? [...(values.only ?? []), ...positionals] : (values.only ?? []);
  const kinds = only.map((kind) => {
    if (!isFaultKind(kind)) throw new Error(`There is no fault "${kind}". There are: ${FAULT_KINDS.join(", ")}.`);
    return kind;
  });
  for (const step of steps)
    if (!STEPS.some(({ name }) => name === step)) throw new Error(`There is no step "${step}"; see --list.`);
  const number = (name: keyof typeof values, otherwise: number): number => {
    const text = values[name];
    if (text === undefined) return otherwise;
    const value = Number(text);
    if (!Number.isSafeInteger(value) || value < 1) throw new Error(`--${name} must be a whole number from 1.`);
    return value;
  };
  return {
    what:
      values.help === true
        ? "help"
        : values.list === true
          ? "list"
          : values.recovery === true
            ? "recovery"
            : values.steps === true || steps.length > 0
              ? "steps"
              : "random",
    runs: number("runs", 10),
    seed: number("seed", chosenSeed),
    documents: number("documents", 2_000),
    embedders: number("embedders", 3),
    faults: number("faults", 5),
    loadMs: number("seconds", 12) * 1_000,
    kinds: kinds.length === 0 ? FAULT_KINDS : kinds,
    times: number("times", values.recovery === true ? 5 : 20),
    steps,
  };
}
