import { fork, type ChildProcess } from "node:child_process";
import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { SourceItem } from "../source.ts";
import type { ForeignFile, FromReader, PlainItem, ToReader } from "./protocol.ts";

/** Reads files of other programs' formats in a process of its own, which is started for the first one. */
export interface ForeignReader {
  /** The documents of one file, or why it cannot be read. Files are read one after the other. */
  read(file: ForeignFile): AsyncGenerator<SourceItem>;
  close(): void;
}

export interface ReaderOptions {
  /** Longest from one sign of life to the next. */
  readonly silenceMs?: number;
}

const SILENCE_MS = 60_000;
const START_MS = 30_000;
/** The heap alone; what is outside of it is bounded by the process itself. */
const HEAP_MIB = 768;

/** What came of a wait for the process. */
type Event = Exclude<FromReader, { kind: "ready" }> | { readonly kind: "died" } | { readonly kind: "late" };

export function makeForeignReader({ silenceMs = SILENCE_MS }: ReaderOptions = {}): ForeignReader {
  let current: Reader | undefined;
  const started = async (): Promise<Reader> => {
    if (current?.isAlive !== true) current = new Reader();
    await current.ready;
    return current;
  };
  return {
    async *read(file) {
      const reader = await started();
      let next = reader.ask({ kind: "read", file: { ...file, path: resolve(file.path) } }, silenceMs);
      for (;;) {
        const event = await next;
        if (event.kind === "end") return;
        if (event.kind !== "items") {
          if (event.kind === "late") reader.kill();
          yield { problem: { origin: file.path, id: file.id, ...describe(event, silenceMs) } };
          return;
        }
        for (const item of event.items) yield withOrigin(item, file.path);
        next = reader.ask({ kind: "more" }, silenceMs);
      }
    },
    close() {
      current?.kill();
      current = undefined;
    },
  };
}

/** The process was told the whole path; messages name it as it was given. */
function withOrigin(item: PlainItem, path: string): SourceItem {
  if ("problem" in item) return item.problem.id === undefined ? item : { problem: { ...item.problem, origin: path } };
  return item;
}

function describe(
  event: Exclude<Event, { kind: "items" | "end" }>,
  silenceMs: number,
): { code: string; message: string } {
  switch (event.kind) {
    case "broken":
      return { code: "invalid", message: `The file cannot be read: ${event.message}` };
    case "late":
      return { code: "too_large", message: `Reading the file took longer than ${silenceMs / 1_000} s, and was ended.` };
    case "died":
      return { code: "too_large", message: "Reading the file took more memory than 1 GiB, and was ended." };
    default:
      throw new Error(`Unknown event ${String(event satisfies never)}`);
  }
}

class Reader {
  readonly #child: ChildProcess;
  readonly ready: Promise<void>;
  #take: (event: Event) => void = () => undefined;
  isAlive = true;

  constructor() {
    const isSource = import.meta.url.endsWith(".ts");
    const entry = fileURLToPath(new URL(isSource ? "./main.ts" : "./main.js", import.meta.url));
    this.#child = fork(entry, {
      // Where the loader of the sources is found, whatever folder the command was typed in.
      cwd: dirname(entry),
      execArgv: [`--max-old-space-size=${HEAP_MIB}`, ...(isSource ? ["--import", "tsx"] : [])],
      serialization: "advanced",
      // What a dying process says of its memory is no message for the user.
      stdio: ["ignore", "ignore", "ignore", "ipc"],
    });
    this.ready = new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.kill();
      }, START_MS);
      const gone = (): void => {
        clearTimeout(timer);
        this.isAlive = false;
        this.#take({ kind: "died" });
        reject(new Error("the process that reads such files does not start"));
      };
      this.#child.once("exit", gone).once("error", gone);
      this.#child.on("message", (message: FromReader) => {
        if (message.kind === "ready") {
          clearTimeout(timer);
          resolve();
        } else this.#take(message);
      });
    });
    this.ready.catch(() => undefined);
  }

  /** Sends a message and waits for what comes next. */
  ask(message: ToReader, withinMs: number): Promise<Event> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, withinMs, { kind: "late" });
      this.#take = (event) => {
        clearTimeout(timer);
        resolve(event);
      };
      if (!this.isAlive) this.#take({ kind: "died" });
      // A process that is gone says so by its exit.
      else this.#child.send(message, () => undefined);
    });
  }

  kill(): void {
    this.isAlive = false;
    this.#child.kill("SIGKILL");
  }
}
