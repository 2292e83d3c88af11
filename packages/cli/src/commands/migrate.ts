import type { Migration, Polyseme } from "@polyseme/client";
import { pause } from "@polyseme/core";
import { Option, type Command } from "commander";
import type { CliContext } from "../context.ts";
import { withServerOptions, wholeNumber, type ServerOptions } from "../options.ts";
import { makeProgressView } from "../progress.ts";
import { withServer } from "../server.ts";
import { describeMigration } from "./migration-words.ts";
import { MAX_CHUNK_TOKENS, settingsOf, type SettingsOptions } from "./settings-of.ts";

interface MigrateOptions extends ServerOptions, Omit<SettingsOptions, "dimensions"> {
  readonly overlap?: true;
  readonly late?: boolean;
  readonly wait?: true;
  readonly cutover?: true;
  readonly force?: true;
  readonly rollback?: true;
  readonly end?: true;
}

const LOOK_EVERY_MS = 500;
/** The overlap is waited for, but never keeps anybody from going on. */
const OVERLAP_WITHIN_MS = 60_000;

/** `polyseme collections migrate`: starts a migration, or goes on with the one that is under way. */
export function addMigrate(collections: Command, context: CliContext): void {
  const command = collections
    .command("migrate")
    .description("Build a collection anew with other settings beside the old one")
    .argument("<name>", "the collection")
    .option("--model <name>", "another encoder")
    .option("--max-tokens <count>", "most tokens in a chunk", wholeNumber(1, MAX_CHUNK_TOKENS))
    .option("--overlap-tokens <count>", "tokens a chunk repeats", wholeNumber(0, MAX_CHUNK_TOKENS))
    .addOption(new Option("--strategy <name>", "where to cut").choices(["sentence", "token"]))
    .addOption(new Option("--token-vectors <kind>", "vectors kept of each word").choices(["none", "int8", "half"]))
    .option("--token-pooling <count>", "words that share a vector", wholeNumber(1, 3))
    .option("--sparse <model>", 'a sparse model beside the encoder, or another; "none": none')
    .option("--language <tag>", "language of the words, where vectors of them are kept")
    .option("--late", "chunks' vectors see the document around them")
    .option("--no-late", "each chunk is encoded by itself")
    .option("--wait", "until the new one has caught up")
    .option("--overlap", "measure anew how far the answers of both are the same")
    .option("--cutover", "make the new one live, once it has caught up")
    .option("--force", "with --cutover: also when documents failed in the new one")
    .option("--rollback", "make the old one live again")
    .option("--end", "drop the generation that is not live");
  withServerOptions(command).action(async (name: string, options: MigrateOptions) => {
    await withServer(context, options.url, async ({ client, signal }) => {
      if (options.end === true) {
        const ended = await client.migrations.end(name, { signal });
        if (options.json === true) context.out.json(ended);
        else context.out.line(`Dropped generation ${ended.dropped} of "${name}"; generation ${ended.live} is live.`);
        return;
      }
      const migration = await act(context, client, name, options, signal);
      if (options.json === true) context.out.json(migration);
      else {
        context.out.line(`"${name}": ${describeMigration(migration)}`);
        for (const { id, code, message } of migration.failures) context.err.line(`${id}: ${code}: ${message}`);
      }
    });
  });
}

async function act(
  context: CliContext,
  client: Polyseme,
  name: string,
  options: MigrateOptions,
  signal: AbortSignal,
): Promise<Migration> {
  if (options.rollback === true) return client.migrations.rollBack(name, { signal });
  const settings = settingsOf(options, options.late);
  const isNew = Object.keys(settings).length > 0;
  const started = await (isNew
    ? client.migrations.start(name, settings, { signal })
    : client.migrations.get(name, { signal }));
  const waits = options.wait === true || options.cutover === true;
  const caughtUp = waits ? await untilCaughtUp(context, client, name, signal) : started;
  const ready = options.overlap === true ? await client.migrations.measureOverlap(name, { signal }) : caughtUp;
  // Before the cutover, for whoever reads along.
  if (options.cutover === true && options.json !== true) context.err.line(describeMigration(ready));
  if (options.cutover !== true) return ready;
  return client.migrations.cutOver(name, { force: options.force === true, signal });
}

async function untilCaughtUp(
  context: CliContext,
  client: Polyseme,
  name: string,
  signal: AbortSignal,
): Promise<Migration> {
  const view = makeProgressView(context);
  let caughtUpAtMs: number | undefined;
  try {
    for (;;) {
      const migration = await client.migrations.get(name, { signal });
      const { state, documents, etaSeconds } = migration;
      const secondsLeft = etaSeconds ?? undefined;
      view.update({ done: documents.done, total: documents.total, tokensPerSecond: undefined, secondsLeft });
      if (state !== "building" && documents.pending === 0) {
        caughtUpAtMs ??= performance.now();
        const isMeasuring = migration.overlapReason === "measuring";
        if (!isMeasuring || performance.now() - caughtUpAtMs > OVERLAP_WITHIN_MS) return migration;
      }
      await pause(LOOK_EVERY_MS, signal);
      signal.throwIfAborted();
    }
  } finally {
    view.stop();
  }
}
