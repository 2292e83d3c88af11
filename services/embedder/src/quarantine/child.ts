import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { messageOf, PolysemeError } from "@polyseme/core";
import type { EmbeddedChunk } from "@polyseme/store";
import type { FromChild, QuarantineSettings, SuspectText, ToChild } from "./protocol.ts";

/** A process that encodes one suspect at a time. */
export interface QuarantineChild {
  readonly isAlive: boolean;
  /**
   * @throws ChildDied when the child ends, or had to be ended, before it answered; PolysemeError as the encoder does; the
   * signal's reason when it is aborted, which ends the child
   */
  embed(suspect: SuspectText, signal: AbortSignal): Promise<EmbeddedChunk[]>;
  /** Resolves when the process is gone. */
  close(): Promise<void>;
}

/** The child ended while it had a document. */
export class ChildDied extends Error {
  override readonly name = "ChildDied";
  /** False when the model was not open yet, so that the document is not what it died of. */
  readonly hadBegun: boolean;

  constructor(end: string, hadBegun: boolean) {
    super(end);
    this.hadBegun = hadBegun;
  }
}

export interface ChildOptions {
  readonly entry: URL;
  /** Longest without a sign of life: until the model is open, and from one chunk to the next after that. */
  readonly openMs: number;
  readonly chunkMs: number;
}

interface Run {
  readonly suspect: SuspectText;
  readonly resolve: (chunks: EmbeddedChunk[]) => void;
  readonly reject: (reason: unknown) => void;
  begun: boolean;
  timer: NodeJS.Timeout | undefined;
}

export function startChild(settings: QuarantineSettings, options: ChildOptions): QuarantineChild {
  const child = fork(fileURLToPath(options.entry), {
    // Flags of the parent, such as its own loaders or a debugger's port, are not for the child.
    execArgv: [],
    serialization: "advanced",
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  let run: Run | undefined;
  let end: string | undefined;
  /** Why we ended it ourselves, if we did. */
  let reason: string | undefined;

  const take = (): Run | undefined => {
    const taken = run;
    run = undefined;
    clearTimeout(taken?.timer);
    return taken;
  };
  const kill = (why: string): void => {
    reason ??= why;
    child.kill("SIGKILL");
  };
  const waitFor = (ms: number): void => {
    clearTimeout(run?.timer);
    if (run !== undefined) run.timer = setTimeout(kill, ms, `gave no sign of life for ${ms / 1_000} s`);
  };
  const gone = new Promise<void>((resolve) => {
    const ended = (how: string): void => {
      end ??= reason ?? how;
      const ofRun = take();
      ofRun?.reject(new ChildDied(end, ofRun.begun));
      resolve();
    };
    child.once("exit", (code, signal) => {
      ended(signal === null ? `exited with code ${code ?? 0}` : `was ended by ${signal}`);
    });
    // It could not be started, or not be ended.
    child.on("error", (error) => {
      ended(error.message);
    });
  });
  child.on("message", (message: FromChild) => {
    switch (message.kind) {
      case "begun":
        if (run !== undefined) run.begun = true;
        waitFor(options.chunkMs);
        return;
      case "progress":
        waitFor(options.chunkMs);
        return;
      case "done": {
        const ofRun = take();
        ofRun?.resolve(
          message.chunks.map((chunk) => ({ ...chunk, text: ofRun.suspect.text.slice(chunk.start, chunk.end) })),
        );
        return;
      }
      case "failed": {
        const { code, message: text, details } = message;
        take()?.reject(new PolysemeError(code, text, details === undefined ? {} : { details }));
        return;
      }
    }
  });
  const send = (message: ToChild): void => {
    // A child that is gone says so by its exit.
    child.send(message, () => undefined);
  };
  send({ kind: "open", settings });

  return {
    get isAlive() {
      return end === undefined && reason === undefined;
    },
    embed(suspect, signal) {
      return new Promise<EmbeddedChunk[]>((resolve, reject) => {
        signal.throwIfAborted();
        if (end !== undefined) throw new ChildDied(end, false);
        const onAbort = (): void => {
          take();
          kill("was told to stop");
          reject(signal.reason as Error);
        };
        signal.addEventListener("abort", onAbort, { once: true });
        const forget = (): void => {
          signal.removeEventListener("abort", onAbort);
        };
        run = {
          suspect,
          resolve: (chunks) => {
            forget();
            resolve(chunks);
          },
          reject: (why) => {
            forget();
            reject(why instanceof Error ? why : new Error(messageOf(why)));
          },
          begun: false,
          timer: undefined,
        };
        waitFor(options.openMs);
        send({ kind: "embed", ...suspect });
      });
    },
    close() {
      kill("was closed");
      return gone;
    },
  };
}
