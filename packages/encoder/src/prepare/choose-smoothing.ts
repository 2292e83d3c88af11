import type { OnnxModel } from "../onnx-model.ts";
import type { ProductGroup } from "./find-products.ts";
import { EVEN_ZERO, findSteps, type Steps } from "./find-steps.ts";
import type { MeasureOptions } from "./measure-texts.ts";
import { smoothingOf, type SmoothingShare } from "./quantise-weights.ts";

/** How a group's activations become integers. */
export interface ActivationPlan {
  /** What each channel is divided by; undefined: nothing is divided. */
  readonly factors: Float32Array | undefined;
  readonly steps: Steps;
}

/**
 * Tried from the gentlest on. The stronger one is for rows of which one in fifty is several times as large as the rest, as
 * those of [SEP] are before MiniLM's first feed-forward products: it brings them near enough to share a scale. MiniLM over
 * 600 texts, those products gently smoothed with a scale of each row's own: mean cosine 0.99924; smoothed by this, with
 * one scale: 0.99904 and some 1.08 times the speed; by 0.75 and 0.35 0.99907; by 1 and 0.35 0.99897.
 */
const SHARES: readonly SmoothingShare[] = [
  { activations: 0.5, weights: 0.35 },
  { activations: 0.65, weights: 0.2 },
];

/**
 * Smooths each group as gently as lets its rows share one scale. Where nothing does, each row keeps its own, and smoothing
 * would gain nothing: behind GELUs MiniLM's mean cosine is 0.9992 with and without it, and each factor is one more product
 * of every activation. So do rows with a low zero: to find such a scale is only to find a row's largest number.
 * @param largest by the groups' inputs: each channel's largest magnitude
 * @returns by the groups' inputs
 * @throws the signal's reason when it is aborted
 */
export async function chooseSmoothing(
  model: OnnxModel,
  groups: readonly ProductGroup[],
  largest: ReadonlyMap<string, Float32Array>,
  texts: readonly Int32Array[],
  options: MeasureOptions,
): Promise<Map<string, ActivationPlan>> {
  const plans = new Map<string, ActivationPlan>();
  const open = (): ProductGroup[] => groups.filter(({ input }) => !plans.has(input));
  for (const share of SHARES) {
    const factorsOf = new Map(
      open().map((group) => {
        const magnitudes = largest.get(group.input) ?? new Float32Array(group.rows);
        return [group.input, smoothingOf(group, magnitudes, model, share)];
      }),
    );
    for (const [input, steps] of await findSteps(model, open(), factorsOf, largest, texts, options))
      if (steps.scale !== undefined && steps.zero === EVEN_ZERO)
        plans.set(input, { factors: factorsOf.get(input), steps });
  }
  for (const [input, steps] of await findSteps(model, open(), new Map(), largest, texts, options))
    plans.set(input, { factors: undefined, steps: { ...steps, scale: undefined } });
  return plans;
}
