import type { SearchAnswer, SearchRequest, SenseQuery } from "@polyseme/client";
import type { CliContext } from "../context.ts";
import { filterOf, type FilterOptions } from "../filter-options.ts";
import { renderMarked } from "../mark-span.ts";
import type { CollectionOptions } from "../options.ts";
import { withServer } from "../server.ts";
import { printable, type Terminal } from "../terminal.ts";

export interface SenseOptions extends CollectionOptions, FilterOptions {
  readonly sense: string;
  readonly word?: string;
  readonly anyWord?: true;
  readonly k: number;
}

const INDENT = " ".repeat(5);

/** `polyseme search --sense TEXT --word WORD`: places where the word is used as in the text. */
export async function searchForSense(context: CliContext, options: SenseOptions): Promise<void> {
  const { collection, sense: text, word, anyWord, k } = options;
  if (word === undefined) throw new Error("--sense needs --word: which word of the sentence is meant.");
  const sense: SenseQuery = { text, word, ...(anyWord === true ? { candidates: "meaning" } : {}) };
  const filter = filterOf(options);
  const request: SearchRequest = { sense, k, ...(filter === undefined ? {} : { filter }) };
  await withServer(context, options.url, async ({ client, signal }) => {
    const answer = await client.search(collection, request, { signal });
    if (options.json === true) context.out.json(answer);
    else printSenseHits(answer, context.out);
    if (answer.hits.length === 0) context.err.line(`No document of "${collection}" uses the word "${word}".`);
    if (answer.sense?.truncated === true && anyWord !== true)
      context.err.line(`Only the first ${answer.sense.compared} places of the word were compared.`);
  });
}

/** Rank, score, id and title of each hit, and below it the sentence with the word marked. */
export function printSenseHits({ hits }: Pick<SearchAnswer, "hits">, out: Terminal): void {
  for (const [i, { id, score, title, sense }] of hits.entries()) {
    const named = title === null || title === id ? "" : `  ${printable(title)}`;
    out.line(
      `${String(i + 1).padStart(3)}  ${score.toFixed(3).padStart(6)}  ${out.colors.bold(printable(id))}${named}`,
    );
    if (sense === undefined) continue;
    const { sentence, start, end } = sense;
    const span = { start: start - sentence.start, end: end - sentence.start };
    out.line(`${INDENT}${renderMarked(sentence.text, span, { width: out.width() - INDENT.length, out })}`);
  }
}
