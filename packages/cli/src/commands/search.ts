import { PolysemeRequestError, type Polyseme, type SearchAnswer, type SearchRequest } from "@polyseme/client";
import { Option, type Command } from "commander";
import type { CliContext } from "../context.ts";
import { findMatchedSpans } from "../mark-span.ts";
import { withCollectionOption, withServerOptions, wholeNumber, type CollectionOptions } from "../options.ts";
import { printHits } from "../print-hits.ts";
import { withServer } from "../server.ts";
import type { Span } from "../sentences.ts";

interface Options extends CollectionOptions {
  readonly k: number;
  readonly filter?: unknown;
  readonly mode?: "vector" | "hybrid" | "lexical";
  readonly explain?: true;
}

const DEFAULT_K = 10;
const MAX_K = 1_000;

/** `polyseme search`: the documents nearest in meaning, with the matched sentence marked. */
export function addSearch(program: Command, context: CliContext): void {
  const command = program
    .command("search")
    .description("Search a collection by meaning; marks the sentence that is nearest to the query")
    .argument("<query>", "what to look for")
    .option("-k, --k <count>", "most hits", wholeNumber(1, MAX_K), DEFAULT_K)
    .option("--filter <json>", "only documents whose metadata match", parseFilter)
    .addOption(new Option("--mode <mode>", "how to search").choices(["vector", "hybrid", "lexical"]))
    .option("--explain", "say how the scores came about");
  withServerOptions(withCollectionOption(command)).action(async (query: string, options: Options) => {
    await withServer(context, options.url, async ({ client, signal }) => {
      const { collection, k, filter, mode, explain } = options;
      const request: SearchRequest & { readonly query: string } = {
        query,
        k,
        ...(filter === undefined ? {} : { filter }),
        ...(mode === undefined ? {} : { mode }),
        ...(explain === undefined ? {} : { explain }),
      };
      const { answer, spans } = await searchAndMark(client, collection, request, signal);
      if (options.json === true) {
        const hits = answer.hits.map((hit, i) => ({ ...hit, ...matchOf(hit.chunk, spans[i]) }));
        context.out.json({ ...answer, hits });
      } else printHits(answer.hits, spans, context.out);
      if (answer.hits.length === 0) context.err.line(`The collection "${collection}" holds nothing to find yet.`);
    });
  });
}

/**
 * Searches, and finds the sentence of each hit that is nearest to the query.
 * @throws PolysemeRequestError; for a collection that is not there, with what to do about it
 */
export async function searchAndMark(
  client: Polyseme,
  collection: string,
  request: SearchRequest & { readonly query: string },
  signal: AbortSignal,
): Promise<{ answer: SearchAnswer; spans: (Span | undefined)[] }> {
  const answer = await client.search(collection, request, { signal }).catch((error: unknown) => {
    throw error instanceof PolysemeRequestError && error.code === "not_found"
      ? new Error(`${error.message} Push documents first: polyseme ingest PATH -c ${collection}`, { cause: error })
      : error;
  });
  const { model } = await client.collections.get(collection, { signal });
  const spans = await findMatchedSpans(client, { query: request.query, hits: answer.hits, model, signal });
  return { answer, spans };
}

/** The marked sentence in the document's own offsets, as the chunk's are. */
function matchOf(chunk: { start: number; text: string }, span: Span | undefined): object {
  if (span === undefined) return {};
  const { start, end } = span;
  return { match: { start: chunk.start + start, end: chunk.start + end, text: chunk.text.slice(start, end) } };
}

function parseFilter(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Error(`--filter must be JSON, such as '{"lang": "en"}'.`);
  }
}
