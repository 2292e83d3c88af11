import { createReadStream } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Command } from "commander";
import type { CliContext } from "../context.ts";
import { showSearches, showSenses } from "../demo-steps.ts";
import { makeProgressView } from "../progress.ts";
import { withServer } from "../server.ts";
import { readNdjson } from "../sources/read-ndjson.ts";
import { duration, plural } from "../terminal.ts";
import { upload } from "../upload.ts";

/** From src/commands and from dist/commands alike. */
const CORPUS = fileURLToPath(new URL("../../sample/corpus.jsonl", import.meta.url));
const COLLECTION = "demo";
/** Set by a user who wants the demo's documents kept, or kept elsewhere. */
const PLACES = ["POLYSEME_URL", "POLYSEME_DATA_DIR", "DATABASE_URL"];

/** `polyseme demo`: the whole way from documents to answers on a corpus that comes with the software. */
export function addDemo(program: Command, context: CliContext): void {
  program
    .command("demo")
    .description("Push the sample corpus, search it and look into two sentences; leaves nothing behind")
    .action(async () => {
      if (PLACES.some((name) => (context.env[name] ?? "") !== "")) {
        await runDemo(context);
        return;
      }
      const dataDir = await mkdtemp(join(tmpdir(), "polyseme-demo-"));
      try {
        await runDemo({ ...context, env: { ...context.env, POLYSEME_DATA_DIR: dataDir } });
      } finally {
        await rm(dataDir, { recursive: true, force: true });
      }
    });
}

async function runDemo(context: CliContext): Promise<void> {
  const { out, err } = context;
  await withServer(context, undefined, async (use) => {
    const { client, signal } = use;
    err.line(`Pushing ${fileName(CORPUS)} over HTTP to ${use.url} ...`);
    const result = await upload(client, readNdjson(createReadStream(CORPUS), fileName(CORPUS)), {
      collection: COLLECTION,
      signal,
      view: makeProgressView(context),
      wait: true,
    });
    const { stored, read, unchanged, tokens, seconds } = result;
    if (stored !== read) throw new Error(`Only ${stored} of ${read} documents were stored. See polyseme doctor.`);
    const known = unchanged === 0 ? "" : `, ${unchanged} of them unchanged since the last time`;
    const rate = unchanged === 0 ? `, ${Math.round(tokens / seconds).toLocaleString("en")} tokens/s` : "";
    out.line(
      `${out.colors.green("✓")} ${plural(stored, "document")} stored in ${duration(seconds)}: ` +
        `${tokens.toLocaleString("en")} tokens${rate}${known}`,
    );
    await showSearches({ client, collection: COLLECTION, signal, out });
    await showSenses({ client, signal, out });
    out.line();
    out.line(out.colors.bold("What to try next"));
    out.line("  npm start                                    a server that keeps its documents in ./.polyseme");
    out.line("  npx polyseme ingest README.md docs/          your own files");
    out.line('  npx polyseme search "how do I deploy this"   ask them');
    out.line('  npx polyseme inspect "river bank" "my bank"  one word, two senses');
  });
}

function fileName(path: string): string {
  return `sample/${path.slice(Math.max(path.lastIndexOf("/"), path.lastIndexOf("\\")) + 1)}`;
}
