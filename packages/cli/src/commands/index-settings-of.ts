import type { CollectionSettings, IndexSettings } from "@polyseme/client";
import { InvalidArgumentError, Option, type Command } from "commander";

/** How a collection is indexed, as the command line takes it. */
export interface IndexOptions {
  readonly index?: IndexSettings["vector"];
  readonly indexPrecision?: IndexSettings["precision"];
  readonly recall?: number;
  /** True: given without fields. */
  readonly indexMetadata?: true | readonly string[];
}

const LEAST_RECALL = 0.5;

export function withIndexOptions(command: Command): Command {
  return command
    .addOption(
      new Option("--index <how>", "of its vectors; auto: a graph when it pays").choices(["auto", "exact", "hnsw"]),
    )
    .addOption(new Option("--index-precision <how>", "how the graph holds them").choices(["full", "half", "bit"]))
    .option("--recall <share>", "of the exact answer that the graph is to find, 0.5 to 1", recall)
    .option(
      "--index-metadata [fields]",
      "of metadata, for filters: equal values alone, or with fields such as price,author.name ranges of them too",
      (fields: string) => fields.split(",").map((field) => field.trim()),
    );
}

/** Those that were given; what was left out stays out. */
export function indexSettingsOf({
  index: vector,
  indexPrecision: precision,
  recall,
  indexMetadata: metadata,
}: IndexOptions): Pick<CollectionSettings, "index"> {
  const index = {
    ...(vector === undefined ? {} : { vector }),
    ...(precision === undefined ? {} : { precision }),
    ...(recall === undefined ? {} : { recall }),
    ...(metadata === undefined ? {} : { metadata }),
  };
  return Object.keys(index).length === 0 ? {} : { index };
}

function recall(value: string): number {
  const share = Number(value);
  if (value.trim() === "" || !(share >= LEAST_RECALL && share <= 1))
    throw new InvalidArgumentError(`It is a number from ${LEAST_RECALL} to 1, such as 0.95.`);
  return share;
}
