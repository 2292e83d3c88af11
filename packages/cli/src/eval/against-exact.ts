import { PolysemeRequestError, type Polyseme } from "@polyseme/client";
import { mapAtOnce } from "./at-once.ts";
import { bootstrapMean, type Estimate } from "./bootstrap.ts";
import { percentile } from "./percentile.ts";

export interface ExactComparison {
  readonly collection: string;
  /** Whether searches followed a graph, as far as the collection tells. */
  readonly indexed: boolean;
  /** Share of the exact answer's first k that the ordinary answer has, the mean over the questions. */
  readonly recall: Estimate;
  /** What the collection is to reach. */
  readonly wanted: number;
  /** In the server, without the encoding of the question. */
  readonly searchMs: { readonly p50: number; readonly p99: number };
  readonly exactMs: { readonly p50: number; readonly p99: number };
  /** By question, in their order. */
  readonly perQuestion: readonly number[];
}

export interface CompareOptions {
  readonly k: number;
  readonly atOnce: number;
  readonly signal: AbortSignal;
  /** Told after each question. */
  readonly onAnswer: () => void;
}

/**
 * Asks every question twice, once with every vector compared, and says how much of that answer the ordinary one has.
 * @throws Error when the server refuses one
 */
export async function compareWithExact(
  client: Polyseme,
  collection: string,
  queries: readonly string[],
  { k, atOnce, signal, onAnswer }: CompareOptions,
): Promise<ExactComparison> {
  const { index } = await client.collections.get(collection, { signal }).catch((error: unknown) => {
    if (!(error instanceof PolysemeRequestError) || error.code !== "not_found") throw error;
    throw new Error(`${error.message} Push documents first: polyseme ingest PATH -c ${collection}`, { cause: error });
  });
  const pairs = await mapAtOnce(queries, atOnce, async (query) => {
    // By chunk, as that is what an index finds; the best chunk of a document may change with the ones that it missed.
    const request = { query, k, group: "chunk" } as const;
    const ordinary = await client.search(collection, request, { signal });
    const exact = await client.search(collection, { ...request, exact: true }, { signal });
    onAnswer();
    return {
      recall: shareFound(ordinary.hits.map(scoreOf), exact.hits.map(scoreOf)),
      searchMs: ordinary.timing.searchMs,
      exactMs: exact.timing.searchMs,
    };
  });
  const perQuestion = pairs.map(({ recall }) => recall);
  const times = (all: readonly number[]): { p50: number; p99: number } => ({
    p50: percentile(all, 0.5),
    p99: percentile(all, 0.99),
  });
  return {
    collection,
    indexed: index.measured?.graph !== undefined,
    recall: bootstrapMean(perQuestion),
    wanted: index.recall,
    searchMs: times(pairs.map(({ searchMs }) => searchMs)),
    exactMs: times(pairs.map(({ exactMs }) => exactMs)),
    perQuestion,
  };
}

const scoreOf = ({ score }: { score: number }): number => score;

/** A float's last digits: chunks of the same text have the same vector and may come in another order. */
const SLACK = 1e-6;

/** Hits as near as the last of the exact answer are as good, whichever of several equal ones they are. */
export function shareFound(found: readonly number[], exact: readonly number[]): number {
  const last = exact.at(-1);
  if (last === undefined) return 1;
  return Math.min(1, found.filter((score) => score >= last - SLACK).length / exact.length);
}
