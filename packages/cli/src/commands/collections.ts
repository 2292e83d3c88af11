import type { Collection } from "@polyseme/client";
import { Option, type Command } from "commander";
import type { CliContext } from "../context.ts";
import { withServerOptions, wholeNumber, type ServerOptions } from "../options.ts";
import { describeIndex } from "../describe-index.ts";
import { printCollections } from "../print-collections.ts";
import { withServer } from "../server.ts";
import { addMigrate } from "./migrate.ts";
import { describeMigration, migrationOf } from "./migration-words.ts";
import { indexSettingsOf, withIndexOptions, type IndexOptions } from "./index-settings-of.ts";
import { MAX_CHUNK_TOKENS, settingsOf, type SettingsOptions } from "./settings-of.ts";

interface CreateOptions extends ServerOptions, SettingsOptions, IndexOptions {
  readonly lateChunking?: true;
}

const MAX_POOLING = 3;
const MAX_DIMENSIONS = 16_000;

/** `polyseme collections create|list|show|delete|migrate`. */
export function addCollections(program: Command, context: CliContext): void {
  const collections = program.command("collections").description("Make, list, show and delete collections");
  addCreate(collections, context);
  addList(collections, context);
  addShow(collections, context);
  addDelete(collections, context);
  addMigrate(collections, context);
}

function addCreate(collections: Command, context: CliContext): void {
  const command = collections
    .command("create")
    .description("Make a collection, or confirm the settings of one that is there")
    .argument("<name>", "small letters, digits, _ and -")
    .option("--model <name>", 'the encoder (polyseme models list), or "none": vectors come with the documents')
    .option("--dimensions <count>", "with --model none: numbers in a vector", wholeNumber(1, MAX_DIMENSIONS))
    .option("--language <tag>", "language of the texts, such as en")
    .option("--max-tokens <count>", "most tokens in a chunk", wholeNumber(1, MAX_CHUNK_TOKENS))
    .option("--overlap-tokens <count>", "tokens a chunk repeats", wholeNumber(0, MAX_CHUNK_TOKENS))
    .addOption(new Option("--strategy <name>", "where to cut").choices(["sentence", "token"]))
    .addOption(
      new Option("--token-vectors <how>", "keep a vector of each word in its sentence").choices([
        "none",
        "int8",
        "half",
      ]),
    )
    .option("--token-pooling <count>", "about so many words share one of them", wholeNumber(1, MAX_POOLING))
    .option("--sparse <model>", 'a SPLADE model beside the encoder, for searches of mode sparse; "none": none')
    .option("--late-chunking", "chunks are vectors of the document around them");
  withServerOptions(withIndexOptions(command)).action(async (name: string, options: CreateOptions) => {
    await withServer(context, options.url, async ({ client, signal }) => {
      const settings = { ...settingsOf(options, options.lateChunking), ...indexSettingsOf(options) };
      const { created, collection } = await client.collections.create(name, settings, { signal });
      if (options.json === true) context.out.json(collection);
      else context.out.line(`${created ? "Made" : "Confirmed"} ${describeSettings(collection)}`);
    });
  });
}

function addList(collections: Command, context: CliContext): void {
  withServerOptions(collections.command("list").description("List all collections")).action(
    async (options: ServerOptions) => {
      await withServer(context, options.url, async ({ client, signal }) => {
        const all = await client.collections.list({ signal });
        if (options.json === true) context.out.json(all);
        else if (all.length === 0) context.err.line("There are no collections yet: polyseme ingest PATH makes one.");
        else printCollections(all, context.out);
      });
    },
  );
}

function addShow(collections: Command, context: CliContext): void {
  withServerOptions(
    collections.command("show").description("Show one collection").argument("<name>", "the collection"),
  ).action(async (name: string, options: ServerOptions) => {
    await withServer(context, options.url, async ({ client, signal }) => {
      const collection = await client.collections.get(name, { signal });
      if (options.json === true) context.out.json(collection);
      else {
        context.out.line(describeSettings(collection));
        for (const line of describeIndex(collection.index)) context.out.line(line);
        printCollections([collection], context.out);
        const migration = await migrationOf(client, name, signal);
        if (migration !== undefined) context.out.line(describeMigration(migration));
      }
    });
  });
}

function addDelete(collections: Command, context: CliContext): void {
  const command = collections
    .command("delete")
    .description("Delete a collection with all its documents")
    .argument("<name>", "the collection")
    .option("--yes", "really: there is no way back");
  withServerOptions(command).action(async (name: string, options: ServerOptions & { yes?: true }) => {
    if (options.yes !== true)
      throw new Error(
        `This deletes every document of "${name}" for good. Say so: polyseme collections delete ${name} --yes`,
      );
    await withServer(context, options.url, async ({ client, signal }) => {
      await client.collections.delete(name, { signal });
      if (options.json === true) context.out.json({ deleted: name });
      else context.out.line(`Deleted "${name}".`);
    });
  });
}

function describeSettings(collection: Collection): string {
  const { aliases } = collection;
  const named = aliases.length === 0 ? "" : `, also ${aliases.map((alias) => `"${alias}"`).join(", ")}`;
  return describeVectors(collection) + named;
}

function describeVectors(collection: Collection): string {
  const { name, model, dimensions, chunking, language, generation, createdAt, lateChunking } = collection;
  const { maxTokens, overlapTokens, strategy } = chunking;
  if (model === "none")
    return `"${name}": vectors of ${dimensions} dimensions that come with the documents, made ${createdAt}`;
  return (
    `"${name}": ${model}, ${dimensions} dimensions, ${lateChunking ? "late " : ""}chunks of up to ${maxTokens} tokens ` +
    `(${strategy}, overlap ${overlapTokens}), token vectors ${describeTokens(collection)}, ` +
    `${describeSparse(collection)}language ${language ?? "not set"}, generation ${generation}, made ${createdAt}`
  );
}

function describeSparse({ sparse }: Collection): string {
  // A server of an earlier release says nothing of it.
  return sparse?.model === undefined ? "" : `sparse vectors of ${sparse.model}, `;
}

function describeTokens({ tokenVectors, tokenPooling }: Collection): string {
  return tokenPooling > 1 ? `${tokenVectors} (pooled by ${tokenPooling})` : tokenVectors;
}
