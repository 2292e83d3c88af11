import { PolysemeRequestError, type Polyseme, type SearchAnswer, type SearchRequest } from "@polyseme/client";
import { InvalidArgumentError, Option, type Command } from "commander";
import type { CliContext } from "../context.ts";
import { filterOf, withFilterOptions, type FilterOptions } from "../filter-options.ts";
import { MODES, RERANKS } from "../eval/settings.ts";
import { findMatchedSpans } from "../mark-span.ts";
import { withCollectionOption, withServerOptions, wholeNumber, type CollectionOptions } from "../options.ts";
import { printExplained } from "../print-explained.ts";
import { printHits } from "../print-hits.ts";
import { searchForSense } from "./search-sense.ts";
import { withServer } from "../server.ts";
import type { Span } from "../sentences.ts";

interface Options extends CollectionOptions, FilterOptions {
  readonly k: number;
  readonly mode?: (typeof MODES)[number];
  readonly rerank?: (typeof RERANKS)[number];
  readonly candidates?: number;
  readonly explain?: true;
  readonly sense?: string;
  readonly word?: string;
  readonly anyWord?: true;
  readonly like?: string;
  readonly collections?: readonly string[];
  readonly minScore?: number;
  readonly snippets?: true;
}

const DEFAULT_K = 10;
const MAX_K = 1_000;
const LEAST_CANDIDATES = 50;
const MOST_CANDIDATES = 200;

/** `polyseme search`: the documents nearest in meaning, with the matched sentence marked. */
export function addSearch(program: Command, context: CliContext): void {
  const command = program
    .command("search")
    .description("Search a collection by meaning; marks the sentence that is nearest to the query")
    .argument("[query]", "what to look for; left out with --sense")
    .option("-k, --k <count>", "most hits", wholeNumber(1, MAX_K), DEFAULT_K)
    .addOption(
      new Option("--mode <mode>", "by meaning, by words, by both, or by a sparse model's weights").choices(MODES),
    )
    .option("--like <id>", "instead of a query: documents like this one")
    .option("--collections <names>", "search these as well, with commas between", commaSeparated)
    .option("--min-score <score>", "leave out hits below it", aNumber)
    .option("--snippets", "show the best sentences, with the query's words marked")
    .addOption(
      new Option(
        "--rerank <how>",
        "rank the nearest anew; maxsim: word by word, cross: by the model of POLYSEME_RERANK_MODEL",
      ).choices(RERANKS),
    )
    .option("--candidates <count>", "how many to rank anew", wholeNumber(LEAST_CANDIDATES, MOST_CANDIDATES))
    .option("--explain", "say which words of a hit each word of the query met, and what that adds to the score")
    .option("--sense <sentence>", "look for other places where --word is used as in this sentence")
    .option("--word <word>", "the word of --sense that is meant")
    .option("--any-word", "with --sense: not places of the word alone, but any word near in meaning");
  withServerOptions(withCollectionOption(withFilterOptions(command))).action(
    async (query: string | undefined, options: Options) => {
      const { sense, like } = options;
      if ([query, sense, like].filter((one) => one !== undefined).length !== 1)
        throw new Error("Give what to look for: either a query, or --like, or --sense with --word.");
      if (sense !== undefined) return searchForSense(context, { ...options, sense });
      await withServer(context, options.url, async ({ client, signal }) => {
        const filter = filterOf(options);
        const { collection, k, mode, rerank, candidates, explain } = options;
        const { collections, minScore, snippets } = options;
        const request: SearchRequest = {
          ...(query === undefined ? {} : { query }),
          ...(like === undefined ? {} : { like }),
          k,
          ...(collections === undefined ? {} : { collections }),
          ...(minScore === undefined ? {} : { minScore }),
          // What was found by its words shows them.
          ...(snippets === true || mode === "lexical" ? { snippets: true } : {}),
          ...(filter === undefined ? {} : { filter }),
          ...(mode === undefined ? {} : { mode }),
          ...(rerank === undefined ? {} : { rerank }),
          ...(candidates === undefined ? {} : { candidates }),
          ...(explain === undefined ? {} : { explain }),
        };
        // Explained hits show the words that were met; to find a sentence as well would cost as much again.
        const { answer, spans } =
          explain === true || request.snippets === true || query === undefined
            ? { answer: await ask(client, collection, request, signal), spans: [] }
            : await searchAndMark(client, collection, { ...request, query }, signal);
        if (options.json === true) {
          const hits = answer.hits.map((hit, i) => ({ ...hit, ...matchOf(hit.chunk, spans[i]) }));
          context.out.json({ ...answer, hits });
        } else if (explain === true) printExplained(answer.hits, context.out);
        else printHits(answer.hits, spans, context.out);
        if (answer.hits.length === 0)
          context.err.line(
            filter === undefined
              ? `The collection "${collection}" holds nothing to find yet.`
              : `No stored document of "${collection}" matches the filter.`,
          );
      });
    },
  );
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
  const answer = await ask(client, collection, request, signal);
  const { model } = await client.collections.get(collection, { signal });
  const spans = await findMatchedSpans(client, { query: request.query, hits: answer.hits, model, signal });
  return { answer, spans };
}

async function ask(
  client: Polyseme,
  collection: string,
  request: SearchRequest,
  signal: AbortSignal,
): Promise<SearchAnswer> {
  return client.search(collection, request, { signal }).catch((error: unknown) => {
    throw error instanceof PolysemeRequestError && error.code === "not_found"
      ? new Error(`${error.message} Push documents first: polyseme ingest PATH -c ${collection}`, { cause: error })
      : error;
  });
}

/** The marked sentence in the document's own offsets, as the chunk's are. */
function matchOf(chunk: { start: number; text: string }, span: Span | undefined): object {
  if (span === undefined) return {};
  const { start, end } = span;
  return { match: { start: chunk.start + start, end: chunk.start + end, text: chunk.text.slice(start, end) } };
}

function commaSeparated(text: string): string[] {
  return text.split(",").map((name) => name.trim());
}

function aNumber(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !Number.isFinite(value)) throw new InvalidArgumentError("It must be a number.");
  return value;
}
