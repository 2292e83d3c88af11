import { PolysemeError } from "./errors.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

/** A variable's value without the space around it; undefined: not set, or empty. */
export function value(env: Environment, name: string): string | undefined {
  const found = env[name]?.trim();
  return found === "" ? undefined : found;
}

/** The parts of a comma-separated value; none when it is not set. */
export function list(env: Environment, name: string): readonly string[] {
  return (value(env, name) ?? "")
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");
}

/** @throws PolysemeError `invalid` that names the variable and what it may be */
export function oneOf<const T extends string>(env: Environment, name: string, allowed: readonly T[]): T | undefined {
  const found = value(env, name);
  if (found === undefined) return undefined;
  const match = allowed.find((one) => one === found);
  if (match === undefined) throw badSetting(name, found, `one of ${allowed.join(", ")}`);
  return match;
}

/** @throws PolysemeError `invalid` that names the variable and what it may be */
export function wholeNumber(env: Environment, name: string, least: number, most: number): number | undefined {
  const found = value(env, name);
  if (found === undefined) return undefined;
  const number = Number(found);
  if (!/^\d+$/.test(found) || number < least || number > most)
    throw badSetting(name, found, `a whole number from ${least} to ${most}`);
  return number;
}

/** @throws PolysemeError `invalid` unless the URL has one of the protocols, such as `http:` */
export function checkUrl(name: string, url: string, protocols: readonly string[]): void {
  if (URL.canParse(url) && protocols.includes(new URL(url).protocol)) return;
  // The URL itself may hold a password, so it is not repeated.
  throw new PolysemeError(
    "invalid",
    `${name} must be a URL that starts with ${protocols.map((protocol) => `${protocol}//`).join(" or ")}.`,
    {
      details: { field: name },
    },
  );
}

/** What a setting should have been, for whoever throws it. */
export function badSetting(name: string, found: string, wanted: string): PolysemeError {
  return new PolysemeError("invalid", `${shown(name, found)} must be ${wanted}.`, { details: { field: name } });
}

/** A setting as a message may repeat it. A URL that was put into the wrong variable may hold a password. */
function shown(name: string, found: string): string {
  return /[/@]/.test(found) ? name : `${name}=${found.slice(0, 100)}`;
}
