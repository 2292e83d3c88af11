import { embedTexts } from "./encoder.ts";
import type { EncoderRegistry } from "./encoder-registry.ts";

/** For a readiness check: rejects when the encoder does not answer. */
export interface InferenceProbe {
  readonly name: "inference";
  readonly check: () => Promise<void>;
}

/** An answer of this age still shows that the encoder works. */
const FRESH_MS = 5_000;

/** A real inference of the default model, at most one every few seconds however often it is asked. */
export function makeInferenceProbe(encoders: EncoderRegistry, now: () => number): InferenceProbe {
  let answeredAtMs = -Infinity;
  return {
    name: "inference",
    async check() {
      if (now() - answeredAtMs < FRESH_MS) return;
      const encoder = await encoders.get(encoders.catalog.defaultModel);
      await embedTexts(encoder, ["ready"], { lane: "interactive" });
      answeredAtMs = now();
    },
  };
}
