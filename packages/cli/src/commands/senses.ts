import type { Command } from "commander";
import type { CliContext } from "../context.ts";
import { withCollectionOption, withServerOptions, wholeNumber, type CollectionOptions } from "../options.ts";
import { printSenses } from "../print-senses.ts";
import { withServer } from "../server.ts";

interface Options extends CollectionOptions {
  readonly limit?: number;
}

const MAX_LIMIT = 5_000;

/** `polyseme senses`: in how many senses a collection uses a word, with typical sentences. */
export function addSenses(program: Command, context: CliContext): void {
  const command = program
    .command("senses")
    .description("Group a word's uses into senses, with typical sentences and neighbours")
    .argument("<word>", "the word, in any form")
    .option("--limit <count>", "most uses to look at (default: 1000)", wholeNumber(1, MAX_LIMIT));
  withServerOptions(withCollectionOption(command)).action(async (word: string, options: Options) => {
    await withServer(context, options.url, async ({ client, signal }) => {
      const { collection, limit } = options;
      const answer = await client.senses(collection, word, { signal, ...(limit === undefined ? {} : { limit }) });
      if (options.json === true) context.out.json(answer);
      else printSenses(answer, context.out);
      if (answer.uses === 0) context.err.line(`No document of "${collection}" uses the word "${word}".`);
    });
  });
}
