import type { Polyseme, SearchHit } from "@polyseme/client";
import { searchAndMark } from "./commands/search.ts";
import { compareSharedWords } from "./compare-words.ts";
import { printHits } from "./print-hits.ts";
import type { Terminal } from "./terminal.ts";
import { sharedWords } from "./words.ts";

const HITS = 3;
const QUERIES = [
  "undo changes I have not committed yet",
  "which process has a file open",
  "jailed convicts",
  "storage consumption",
] as const;

/** One word, two senses. */
const SENSES = {
  word: "apple",
  texts: ["She ate an apple from the tree.", "Apple presented a new phone today."],
} as const;

/** The input table is the same for every text: equal to the last bit but for how JSON writes floats. */
const STATIC_TOLERANCE = 1e-6;
/** Above it, two vectors would hardly tell two senses apart. */
const MOST_CONTEXTUAL_COSINE = 0.9;

interface Step {
  readonly client: Polyseme;
  readonly signal: AbortSignal;
  readonly out: Terminal;
}

/**
 * Prints some searches with the matched span marked.
 * @throws Error when no best hit was found by its meaning alone
 */
export async function showSearches({ client, collection, signal, out }: Step & { collection: string }): Promise<void> {
  let byMeaningAlone = 0;
  for (const query of QUERIES) {
    const { answer, spans } = await searchAndMark(client, collection, { query, k: HITS }, signal);
    const { hits, timing } = answer;
    out.line();
    out.line(`${out.colors.bold(`search "${query}"`)}  ${out.colors.dim(`${timing.totalMs.toFixed(0)} ms`)}`);
    printHits(hits, spans, out);
    const [best] = hits;
    if (best === undefined || !sharesNoWord(query, best)) continue;
    byMeaningAlone += 1;
    out.line(
      out.colors.cyan(`     The best hit, ${best.id}, shares no word with the query: it was found by meaning alone.`),
    );
  }
  if (byMeaningAlone === 0)
    throw new Error("No search found its best hit by meaning alone. Is POLYSEME_MODEL an encoder for English?");
}

/** Looked for in all that is shown of a hit. */
export function sharesNoWord(query: string, { id, title, chunk }: Pick<SearchHit, "id" | "title" | "chunk">): boolean {
  return sharedWords(query, `${id} ${title ?? ""} ${chunk.text}`).length === 0;
}

/**
 * Prints how one word's vectors differ between two sentences.
 * @throws Error when they do not differ as they should
 */
export async function showSenses({ client, signal, out }: Step): Promise<void> {
  const [a, b] = await Promise.all(
    SENSES.texts.map(async (text) => ({ text, answer: await client.inspect(text, { signal }) })),
  );
  if (a === undefined || b === undefined) return;
  const compared = compareSharedWords(a, b).find(({ word }) => word === SENSES.word);
  if (compared === undefined) throw new Error(`The model sees no "${SENSES.word}" in the two sentences.`);
  const { staticMaxDifference, contextualCosine } = compared;
  out.line();
  out.line(out.colors.bold(`inspect ${SENSES.texts.map((text) => `"${text}"`).join(" ")}`));
  out.line(`     shapes [${a.answer.shape.join(", ")}] and [${b.answer.shape.join(", ")}]: a vector for every token`);
  out.line(
    `     static vectors of "${SENSES.word}": largest difference ${staticMaxDifference === 0 ? "0" : staticMaxDifference.toExponential(1)}: ` +
      "the input table has one row for the word, whatever it means",
  );
  out.line(
    `     contextual vectors: cosine ${contextualCosine.toFixed(3)}: ` +
      "after reading the sentence, the fruit and the company have vectors of their own",
  );
  if (staticMaxDifference > STATIC_TOLERANCE || contextualCosine > MOST_CONTEXTUAL_COSINE)
    throw new Error(
      `Expected equal static vectors and a contextual cosine below ${MOST_CONTEXTUAL_COSINE}. Is POLYSEME_MODEL a contextual encoder?`,
    );
}
