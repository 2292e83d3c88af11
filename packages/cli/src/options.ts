import { InvalidArgumentError, Option, type Command } from "commander";

export const DEFAULT_COLLECTION = "default";

export interface ServerOptions {
  readonly url?: string;
  readonly json?: true;
}

export interface CollectionOptions extends ServerOptions {
  readonly collection: string;
}

/** `--url` and `--json`, which every command that asks a server has. */
export function withServerOptions(command: Command): Command {
  return command.option("--url <url>", "the server to talk to (POLYSEME_URL)").option("--json", "print JSON");
}

export function withCollectionOption(command: Command): Command {
  return command.addOption(new Option("-c, --collection <name>", "the collection").default(DEFAULT_COLLECTION));
}

/** A parser for options that take a whole number. */
export function wholeNumber(least: number, most: number): (text: string) => number {
  return (text) => {
    const number = Number(text);
    if (!/^\d+$/.test(text) || number < least || number > most)
      throw new InvalidArgumentError(`It must be a whole number from ${least} to ${most}.`);
    return number;
  };
}
