import { Worker } from "node:worker_threads";
import { entryBeside, PolysemeError } from "@polyseme/core";
import type {
  FromRechunkThread,
  Rechunked,
  StoredDocument,
  ThreadSettings,
  ToRechunkThread,
} from "./rechunk-protocol.ts";

/**
 * Cuts documents anew in a thread of its own, as it takes half of a core's time from whatever else a process does: one that
 * reads and writes them meanwhile, and answers searches. The thread is started for the first documents and ended when none
 * came for a while.
 */
export interface RechunkThread {
  /** Starts the thread, which takes a while, ahead of the first documents. */
  open(): void;
  /**
   * What `rechunk` makes of each, in their order. Whoever calls bounds how many calls wait.
   * @param documents whose packed values are given away, with the memory they lie in
   * @throws PolysemeError `internal` when the thread ended or gave no answer in time; the next call has another. The
   * signal's reason when it is aborted
   */
  rechunk(
    documents: readonly StoredDocument[],
    settings: ThreadSettings,
    signal: AbortSignal,
  ): Promise<readonly Rechunked[]>;
  /** Ends the thread; what waits fails. */
  close(): Promise<void>;
}

export interface RechunkThreadOptions {
  /** Another entry and shorter times only in tests. */
  readonly entry?: URL;
  readonly answerMs?: number;
  readonly idleMs?: number;
}

/** A batch takes some 0.1 s; one document of the greatest length, and others before it, some seconds. */
const ANSWER_MS = 120_000;
const IDLE_MS = 30_000;

interface Thread {
  readonly worker: Worker;
  readonly waiting: Map<number, Waiting>;
}

interface Waiting {
  readonly resolve: (documents: FromRechunkThread["documents"]) => void;
  readonly reject: (reason: unknown) => void;
}

export function makeRechunkThread({
  entry = entryBeside(import.meta.url, "rechunk-worker"),
  answerMs = ANSWER_MS,
  idleMs = IDLE_MS,
}: RechunkThreadOptions = {}): RechunkThread {
  let thread: Thread | undefined;
  let idle: NodeJS.Timeout | undefined;
  let calls = 0;

  function start(): Thread {
    // Flags of the parent, such as its own loaders, are not for the thread.
    const worker = new Worker(entry, { execArgv: [] });
    const waiting = new Map<number, Waiting>();
    let end = "its thread ended";
    worker.on("error", (error: Error) => (end = error.message));
    worker.once("exit", () => {
      if (thread === started) thread = undefined;
      for (const { reject } of waiting.values()) reject(failed(end));
    });
    worker.on("message", ({ number, documents }: FromRechunkThread) => {
      waiting.get(number)?.resolve(documents);
    });
    const started = { worker, waiting };
    return started;
  }

  function opened(): Thread {
    clearTimeout(idle);
    return (thread ??= start());
  }

  /** Nobody asks it any more, though it is not gone yet. */
  function giveUp(own: Thread): void {
    if (thread === own) thread = undefined;
    void own.worker.terminate();
  }

  function endWhenIdle(own: Thread): void {
    idle = setTimeout(giveUp, idleMs, own);
    idle.unref();
  }

  async function ask(message: ToRechunkThread, signal: AbortSignal): Promise<FromRechunkThread["documents"]> {
    signal.throwIfAborted();
    const asked = opened();
    const { waiting, worker } = asked;
    let forget = (): void => undefined;
    try {
      return await new Promise((resolve, reject) => {
        waiting.set(message.number, { resolve, reject });
        const timer = setTimeout(() => {
          reject(failed(`no answer in ${answerMs / 1_000} s`));
          giveUp(asked);
        }, answerMs);
        const onAbort = (): void => {
          reject(signal.reason as Error);
        };
        signal.addEventListener("abort", onAbort, { once: true });
        forget = () => {
          clearTimeout(timer);
          signal.removeEventListener("abort", onAbort);
        };
        worker.postMessage(message, [...new Set(message.documents.flatMap(buffersOf))]);
      });
    } finally {
      forget();
      waiting.delete(message.number);
      if (waiting.size === 0 && thread === asked) endWhenIdle(asked);
    }
  }

  return {
    open() {
      const own = opened();
      if (own.waiting.size === 0) endWhenIdle(own);
    },
    async rechunk(documents, settings, signal) {
      const answers = await ask({ number: (calls += 1), documents, settings }, signal);
      return answers.map((answer, n): Rechunked => {
        if (answer.kind !== "chunks") return answer;
        const text = documents[n]?.text ?? "";
        return {
          kind: "chunks",
          chunks: answer.chunks.map((chunk) => ({ ...chunk, text: text.slice(chunk.start, chunk.end) })),
        };
      });
    },
    async close() {
      clearTimeout(idle);
      await thread?.worker.terminate();
    },
  };
}

function buffersOf({ chunks }: StoredDocument): ArrayBuffer[] {
  return chunks.flatMap(({ packed: { buffer } }) => (buffer instanceof ArrayBuffer ? [buffer] : []));
}

function failed(problem: string): PolysemeError {
  return new PolysemeError("internal", `Documents could not be cut anew: ${problem}.`);
}
