export type Json = Readonly<Record<string, unknown>>;

export function isRecord(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The field when it is a whole number ≥ 0. */
export function wholeNumber(file: unknown, key: string): number | undefined {
  const value = isRecord(file) ? file[key] : undefined;
  return typeof value === "number" && Number.isInteger(value) && value >= 0 ? value : undefined;
}

/** The list when it holds whole numbers > 0 and nothing else. */
export function positiveNumbers(value: unknown): number[] | undefined {
  if (!Array.isArray(value)) return undefined;
  const numbers = (value as unknown[]).filter(
    (one): one is number => typeof one === "number" && Number.isInteger(one) && one > 0,
  );
  return numbers.length === value.length ? numbers : undefined;
}
