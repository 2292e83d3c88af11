import type { Filter, FilterValue } from "@polyseme/client";
import { InvalidArgumentError, type Command } from "commander";

export interface FilterOptions {
  readonly filter?: Filter;
  readonly where?: readonly Filter[];
}

const OPERATORS = { "=": "$eq", "!=": "$ne", ">": "$gt", ">=": "$gte", "<": "$lt", "<=": "$lte" } as const;

/** `--filter` and `--where`, of commands that choose documents by their metadata. */
export function withFilterOptions(command: Command): Command {
  return command
    .option(
      "--filter <json>",
      `only documents whose metadata match, such as '{"lang": {"$in": ["en", "de"]}}'`,
      parseJson,
    )
    .option(
      "--where <condition>",
      "the same for one field: lang=en, price<10, day>=2026-01-01; several must all hold",
      (text: string, before: readonly Filter[] = []) => [...before, parseWhere(text)],
    );
}

/** One filter of all that was given; undefined: none was. */
export function filterOf({ filter, where = [] }: FilterOptions): Filter | undefined {
  const all = [...(filter === undefined ? [] : [filter]), ...where];
  return all.length > 1 ? { $and: all } : all[0];
}

/** `field=value`: a value that is a number, true, false, null or in quotes is what JSON says, anything else is text. */
export function parseWhere(text: string): Filter {
  const [, field, operator, value] = /^([^=!<>]+)(!=|>=|<=|=|>|<)(.*)$/s.exec(text) ?? [];
  if (field === undefined || operator === undefined || value === undefined)
    throw new InvalidArgumentError("It must be a field, one of = != > >= < <= and a value, such as lang=en.");
  return { [field.trim()]: { [OPERATORS[operator as keyof typeof OPERATORS]]: parseValue(value.trim()) } };
}

function parseValue(text: string): FilterValue {
  try {
    const value = JSON.parse(text) as unknown;
    return typeof value === "object" && value !== null ? text : (value as FilterValue);
  } catch {
    return text;
  }
}

function parseJson(text: string): Filter {
  try {
    return JSON.parse(text) as Filter;
  } catch {
    throw new Error(`--filter must be JSON, such as '{"lang": "en"}'.`);
  }
}
