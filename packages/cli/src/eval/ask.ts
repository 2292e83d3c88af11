import { PolysemeRequestError, type Polyseme, type SearchHit } from "@polyseme/client";
import { mapAtOnce } from "./at-once.ts";
import { findQuote, gradesOfPlaces, rankPlaces, type FoundPlace } from "./places.ts";
import type { Question } from "./questions.ts";
import type { Grades } from "./ndcg.ts";
import { nameOfSetting, requestOf, type GROUPS, type Setting } from "./settings.ts";

export interface AskOptions {
  /** Hits asked for. */
  readonly depth: number;
  readonly group: (typeof GROUPS)[number];
  /** Searches at once. */
  readonly atOnce: number;
  readonly signal: AbortSignal;
  /** Told after each answer. */
  readonly onAnswer: () => void;
}

/** What a search gave for one question, ready to be measured. */
export interface Asked {
  /** Ids, the best first: of documents, or of places when chunks were asked for. */
  readonly ranked: readonly string[];
  readonly grades: Grades;
  /** From sending the search to having its answer. */
  readonly latencyMs: number;
}

/**
 * Asks all questions of one setting, in their order.
 * @throws Error when the server refuses one, with the setting's name, or when a quote is not in its document
 */
export async function askAll(
  client: Polyseme,
  setting: Setting,
  questions: readonly Question[],
  options: AskOptions,
): Promise<Asked[]> {
  return mapAtOnce(questions, options.atOnce, async (question) => {
    const places =
      options.group === "chunk" ? await placesOf(client, setting.collection, question, options.signal) : undefined;
    const request = { ...requestOf(setting), query: question.query, k: options.depth, group: options.group };
    const startedMs = performance.now();
    const { hits } = await client
      .search(setting.collection, request, { signal: options.signal })
      .catch((error: unknown) => {
        throw named(error, setting);
      });
    const latencyMs = performance.now() - startedMs;
    options.onAnswer();
    return { ...measurable(hits, question, places), latencyMs };
  });
}

function measurable(
  hits: readonly SearchHit[],
  { grades }: Question,
  places: readonly FoundPlace[] | undefined,
): Pick<Asked, "ranked" | "grades"> {
  if (places === undefined) return { ranked: hits.map(({ id }) => id), grades };
  return { ranked: rankPlaces(hits, places), grades: gradesOfPlaces(places) };
}

function named(error: unknown, setting: Setting): unknown {
  if (!(error instanceof PolysemeRequestError)) return error;
  const hint = error.code === "not_found" ? ` Push documents first: polyseme ingest PATH -c ${setting.collection}` : "";
  return new Error(`${nameOfSetting(setting)}: ${error.message}${hint}`, { cause: error });
}

/** Where the answers stand; the documents are read one at a time and not kept. */
async function placesOf(
  client: Polyseme,
  collection: string,
  { id, answers }: Question,
  signal: AbortSignal,
): Promise<FoundPlace[]> {
  const places: FoundPlace[] = [];
  for (const answer of answers) {
    const { text } = await client.documents.get(collection, answer.docId, { signal }).catch((error: unknown) => {
      throw error instanceof PolysemeRequestError ? new Error(`${id}: ${error.message}`, { cause: error }) : error;
    });
    const place = findQuote(answer, text);
    if (place === undefined)
      throw new Error(
        `${id}: the document ${JSON.stringify(answer.docId)} of "${collection}" does not hold the quote ${JSON.stringify(answer.quote)}.`,
      );
    places.push(place);
  }
  return places;
}
