import { messageOf, pause, type Log, type PolysemeError } from "@polyseme/core";
import type { Consumer } from "@polyseme/queue";

/**
 * open    jobs are taken
 * shut    the model does not run: none is taken until it does, so that other workers get them
 */
export interface ModelGate {
  readonly isShut: boolean;
  /** Call with every error that says that the model cannot run. */
  shut(reason: PolysemeError): void;
}

const TRY_AGAIN_MS = 2_000;

/**
 * A worker whose model is broken would take documents and give them back faster than others can encode them.
 * @param works resolves when the model runs; opens it again where it was lost
 */
export function makeModelGate(
  deps: {
    readonly consumer: () => Pick<Consumer, "drain" | "resume"> | undefined;
    readonly works: () => Promise<unknown>;
    readonly log: Log;
  },
  stop: AbortSignal,
): ModelGate {
  let isShut = false;

  async function waitUntilItWorks(reason: PolysemeError): Promise<void> {
    deps.log.error({ reason: reason.message }, "the model does not run; no more jobs are taken until it does");
    await deps.consumer()?.drain();
    while (!stop.aborted) {
      try {
        await deps.works();
        break;
      } catch (error) {
        deps.log.warn({ reason: messageOf(error) }, "the model does not run yet");
      }
      await pause(TRY_AGAIN_MS, stop);
    }
    isShut = false;
    if (stop.aborted) return;
    await deps.consumer()?.resume();
    deps.log.info("the model runs again; jobs are taken");
  }

  return {
    get isShut() {
      return isShut;
    },
    shut(reason) {
      if (isShut || stop.aborted) return;
      isShut = true;
      void waitUntilItWorks(reason).catch((error: unknown) => {
        deps.log.error({ reason: messageOf(error) }, "the embed queue could not be paused or resumed");
      });
    },
  };
}
