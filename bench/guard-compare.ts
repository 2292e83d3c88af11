/** Ratios by name, and which way of each is good. */
export type Ratios = Readonly<Record<string, { readonly value: number; readonly better: "higher" | "lower" }>>;

/**
 * One set-up's rate drifts by up to 30 % on a shared machine; both sides of a ratio drift together, and what is left is
 * about a tenth. A ratio may be worse by this share of the committed one.
 */
export const TOLERANCE = 0.15;
/** Ratios near zero, such as padding waste, may be worse by this much whatever their size. */
export const LEAST_TOLERANCE = 0.02;

/** A line for each committed ratio that fell; one that was not measured at all has fallen too. */
export function compareRatios(committed: Ratios, measured: Ratios): string[] {
  return Object.entries(committed).flatMap(([name, { value, better }]) => {
    const now = measured[name]?.value;
    if (now === undefined || !Number.isFinite(now)) return [`${name} was not measured; it is committed as ${value}`];
    const allowed = Math.max(Math.abs(value) * TOLERANCE, LEAST_TOLERANCE);
    const worse = better === "higher" ? value - now : now - value;
    if (worse <= allowed) return [];
    return [
      `${name} is ${now.toFixed(3)}; committed ${value.toFixed(3)}, ${better} is better, tolerance ${allowed.toFixed(3)}`,
    ];
  });
}
