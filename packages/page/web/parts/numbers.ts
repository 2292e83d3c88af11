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
