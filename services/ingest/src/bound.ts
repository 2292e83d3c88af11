import { PolysemeError } from "@polyseme/core";

/** A bound on what is held at once: whoever finds no room is refused rather than kept waiting in memory. */
export interface Bound {
  /**
   * Takes so much of the room; call the answer to give it back, once or more often.
   * @throws PolysemeError `overloaded` when there is too little; who is alone is never refused
   */
  enter(amount: number): () => void;
  readonly taken: number;
}

const RETRY_AFTER_SECONDS = 1;

/** @param what names what there is too much of, such as "requests" */
export function makeBound(what: string, most: number): Bound {
  let taken = 0;
  return {
    get taken() {
      return taken;
    },
    enter(amount) {
      if (taken > 0 && taken + amount > most)
        throw new PolysemeError("overloaded", `Too many ${what} at once. Try again in a moment.`, {
          details: { retryAfterSeconds: RETRY_AFTER_SECONDS },
        });
      taken += amount;
      let left = false;
      return () => {
        if (!left) taken -= amount;
        left = true;
      };
    },
  };
}
