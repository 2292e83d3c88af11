import { SingleBar } from "cli-progress";
import type { CliContext } from "./context.ts";
import { duration, plural } from "./terminal.ts";

export interface ProgressState {
  /** What is counted; documents when left out. */
  readonly what?: string;
  readonly done: number;
  /** Grows while documents are still being read. */
  readonly total: number;
  readonly tokensPerSecond: number | undefined;
  readonly secondsLeft: number | undefined;
  /** Why nothing is sent just now, and for how long. */
  readonly paused?: { readonly why: "full" | "away"; readonly seconds: number } | undefined;
  /** What to say beside the bar where the count of documents says nothing. */
  readonly text?: string;
}

export interface ProgressView {
  update(state: ProgressState): void;
  stop(): void;
}

const LINE_EVERY_MS = 3_000;
const BAR_CHARACTERS = 28;

/** A bar on a terminal, a line every few seconds elsewhere; both on standard error. */
export function makeProgressView(context: Pick<CliContext, "err" | "errStream">): ProgressView {
  return context.err.isTerminal ? makeBar(context) : makeLines(context);
}

function makeBar({ err, errStream }: Pick<CliContext, "err" | "errStream">): ProgressView {
  const bar = new SingleBar({
    stream: errStream,
    format: `${err.colors.green("{bar}")} {percentage}% · {text}`,
    barCompleteChar: "█",
    barIncompleteChar: "░",
    barsize: BAR_CHARACTERS,
    emptyOnZero: true,
    hideCursor: true,
    linewrap: null,
    // Signals are the main program's; stop() brings the cursor back on every way out.
    gracefulExit: false,
  });
  bar.start(0, 0, { text: "starting" });
  return {
    update(state) {
      bar.setTotal(state.total);
      bar.update(state.done, { text: state.text ?? describeProgress(state) });
    },
    stop() {
      bar.stop();
    },
  };
}

function makeLines({ err }: Pick<CliContext, "err">): ProgressView {
  let nextAtMs = performance.now() + LINE_EVERY_MS;
  return {
    update(state) {
      if (performance.now() < nextAtMs) return;
      nextAtMs = performance.now() + LINE_EVERY_MS;
      err.line(state.text ?? describeProgress(state));
    },
    stop: () => undefined,
  };
}

/** `120/312 documents, 4,100 tokens/s, 12 s left, the server is full, waiting 8 s` */
export function describeProgress(state: ProgressState): string {
  const { what = "document", done, total, tokensPerSecond, secondsLeft, paused } = state;
  return [
    `${done.toLocaleString("en")}/${plural(total, what)}`,
    ...(tokensPerSecond === undefined ? [] : [`${Math.round(tokensPerSecond).toLocaleString("en")} tokens/s`]),
    ...(secondsLeft === undefined ? [] : [`${duration(secondsLeft)} left`]),
    ...(paused === undefined ? [] : [`the server is ${paused.why}, waiting ${Math.ceil(paused.seconds)} s`]),
  ].join(", ");
}

/** `45 of 90 MB`, in whole ones. */
export function describeBytes(done: number, total: number): string {
  const megabytes = (bytes: number): string => Math.floor(bytes / 1e6).toLocaleString("en");
  return total < 1e6
    ? `${done.toLocaleString("en")} of ${total.toLocaleString("en")} bytes`
    : `${megabytes(done)} of ${megabytes(total)} MB`;
}

export interface ProgressSample {
  readonly atMs: number;
  readonly done: number;
  readonly total: number;
  readonly tokens: number;
}

/** The state to show, from the first and the newest sample of a run. */
export function estimate(first: ProgressSample, newest: ProgressSample): ProgressState {
  const seconds = (newest.atMs - first.atMs) / 1_000;
  const done = newest.done - first.done;
  const known = seconds > 0 && done > 0;
  const { total } = newest;
  return {
    done: newest.done,
    total,
    tokensPerSecond: known ? (newest.tokens - first.tokens) / seconds : undefined,
    secondsLeft: known && newest.done < total ? ((total - newest.done) * seconds) / done : undefined,
  };
}
