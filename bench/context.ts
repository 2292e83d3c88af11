import type { ServerUrls } from "../infra/local/servers.ts";
import type { Figure } from "./report.ts";

/** A benchmark's option on the command line: `--name value`, or `--name` alone. */
export interface BenchOption {
  readonly type: "string" | "boolean";
  readonly help: string;
}

export interface Benchmark {
  /** One line for `--help`. */
  readonly about: string;
  readonly options?: Readonly<Record<string, BenchOption>>;
  /** Runs and answers its figures, in the order of the table. */
  readonly run: (context: BenchContext) => Promise<Figure[]>;
}

/** What a benchmark gets from its caller. */
export interface BenchContext {
  /** Progress, to standard error. */
  readonly log: (line: string) => void;
  /** `--runs N`; undefined: the benchmark's own choice. */
  readonly runs: number | undefined;
  /** The options that were given. */
  readonly options: Readonly<Record<string, string | boolean | undefined>>;
  /** Folder of open texts and models; it need not exist. */
  readonly sharedDir: string;
  /**
   * A real Postgres with pgvector and a real Redis: those of DATABASE_URL and REDIS_URL, else private ones that are started
   * on the first call, write to disk as in production, and stop when all benchmarks are done.
   */
  readonly servers: () => Promise<ServerUrls>;
  /** Has something undone when the benchmark ends, however it ends; the last added comes first. */
  readonly atEnd: (undo: () => Promise<unknown>) => void;
  /** The exit code will be 1, with this line. For what is broken, never for a target that was missed. */
  readonly fail: (line: string) => void;
}

/** A positive number given as an option, or the fallback. */
export function numberOption(context: BenchContext, name: string, fallback: number): number {
  const given = context.options[name];
  if (given === undefined) return fallback;
  const number = Number(given);
  if (!Number.isFinite(number) || number <= 0)
    throw new Error(`--${name} must be a number above 0, not "${String(given)}".`);
  return number;
}

/** Names given as `--name a,b`, out of all; `usual` when it is not given. */
export function choiceOption<const T extends string>(
  context: BenchContext,
  name: string,
  all: readonly T[],
  usual: readonly T[] = all,
): T[] {
  const given = context.options[name];
  if (typeof given !== "string") return [...usual];
  return given.split(",").map((part) => {
    const known = all.find((one) => one === part.trim());
    if (known === undefined) throw new Error(`--${name} may have ${all.join(", ")}, not "${part}".`);
    return known;
  });
}
