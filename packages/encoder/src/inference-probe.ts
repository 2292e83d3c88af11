import { embedTexts } from "./encoder.ts";
import type { EncoderRegistry } from "./encoder-registry.ts";

/** For a readiness check: rejects when the encoder does not answer. */
export interface InferenceProbe {
  readonly name: "inference";
  readonly check: () => Promise<void>;
}

/** An answer of this age still shows that the encoder works, unless it says itself that it does not. */
const FRESH_MS = 3_000;

/**
 * A real inference of the default model, at most one every few seconds however often it is asked, and one at a time
 * however long it takes. One that failed is no answer for anyone who asks later. A model that was lost is opened again.
 */
export function makeInferenceProbe(encoders: EncoderRegistry, now: () => number): InferenceProbe {
  let answered: { readonly atMs: number; readonly isBroken: () => boolean } | undefined;
  let asking: Promise<void> | undefined;

  async function ask(): Promise<void> {
    const encoder = await encoders.get(encoders.catalog.defaultModel);
    await embedTexts(encoder, ["ready"], { lane: "interactive" });
    answered = { atMs: now(), isBroken: () => encoder.failure !== undefined };
  }

  return {
    name: "inference",
    check() {
      if (answered !== undefined && now() - answered.atMs < FRESH_MS && !answered.isBroken()) return Promise.resolve();
      asking ??= ask().finally(() => {
        asking = undefined;
      });
      return asking;
    },
  };
}
