/** A cosine for people: two decimals, and 1 only when it is exactly that; a dash where there is none. */
export function showCosine(value: number | null): string {
  if (value === null) return "–";
  if (value === 1) return "1";
  // Rounded up it would claim to be the same vector.
  return Math.min(value, 0.99)
    .toFixed(2)
    .replace(/^-0\.00$/, "0.00");
}

export function showShare(share: number): string {
  return `${Math.round(share * 100)} %`;
}

/** "1 hit", "3 hits" */
export function count(n: number, one: string, many = `${one}s`): string {
  return `${n} ${n === 1 ? one : many}`;
}

/** Whole numbers with their thousands apart: "12,345". */
export function showNumber(value: number): string {
  return Math.round(value).toLocaleString("en-GB");
}

const BYTE_UNITS = ["B", "KB", "MB", "GB", "TB"] as const;

/** "0 B", "1.5 MB" (of 1,000 KB) */
export function showBytes(bytes: number): string {
  const power = bytes < 1 ? 0 : Math.min(Math.floor(Math.log10(bytes) / 3), BYTE_UNITS.length - 1);
  return `${shorten(bytes / 1_000 ** power)} ${BYTE_UNITS[power] ?? "B"}`;
}

/** "0.4 s", "12 s", "3 min 20 s", "2 h 5 min" */
export function showSeconds(seconds: number): string {
  if (!Number.isFinite(seconds)) return "without end";
  if (seconds < 60) return `${shorten(seconds)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return withRest(minutes, "min", Math.floor(seconds % 60), "s");
  return withRest(Math.floor(minutes / 60), "h", minutes % 60, "min");
}

/** One decimal below ten, none from there on. */
export function shorten(value: number): string {
  return value < 10 ? String(Math.round(value * 10) / 10) : showNumber(value);
}

function withRest(whole: number, unit: string, rest: number, restUnit: string): string {
  return rest === 0 ? `${showNumber(whole)} ${unit}` : `${showNumber(whole)} ${unit} ${rest} ${restUnit}`;
}
