import pc from "picocolors";

/** The parts of an output stream that are looked at. */
export interface StreamLike {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

export type Colors = ReturnType<typeof pc.createColors>;

/** One output stream and how to write on it. */
export interface Terminal {
  readonly isTerminal: boolean;
  readonly colors: Colors;
  /** Characters in a line. */
  readonly width: () => number;
  line(text?: string): void;
  json(value: unknown): void;
}

/** Where lines end when nobody says how wide the terminal is, as in a pipe. */
const DEFAULT_WIDTH = 100;
const LEAST_WIDTH = 40;

/** Colour only on a terminal, and not when NO_COLOR is set (https://no-color.org) or the terminal is dumb. */
export function makeTerminal(stream: StreamLike, env: Readonly<Record<string, string | undefined>>): Terminal {
  const isTerminal = stream.isTTY === true;
  const wantsColor = (env["NO_COLOR"] ?? "") === "" && env["TERM"] !== "dumb";
  return {
    isTerminal,
    colors: pc.createColors(isTerminal && wantsColor),
    width: () => Math.max(LEAST_WIDTH, stream.columns ?? DEFAULT_WIDTH),
    line: (text = "") => stream.write(`${text}\n`),
    json: (value) => stream.write(`${JSON.stringify(value, undefined, 2)}\n`),
  };
}

/** Control characters of foreign text must not reach the terminal. */
export function printable(text: string): string {
  // eslint-disable-next-line no-control-regex
  return text.replace(/[\u0000-\u001f\u007f-\u009f]+/g, " ");
}

export function plural(count: number, one: string, many = `${one}s`): string {
  return `${count.toLocaleString("en")} ${count === 1 ? one : many}`;
}

export function duration(seconds: number): string {
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 120) return `${Math.round(seconds)} s`;
  if (seconds < 7_200) return `${Math.round(seconds / 60)} min`;
  return `${(seconds / 3_600).toFixed(1)} h`;
}
