import { expectStatus } from "../test/support/http.ts";
import type { Benchmark } from "./context.ts";
import { percentile, type Figure } from "./report.ts";
import { startServices, type Services } from "./services.ts";
import { isShort, SHORT } from "./support/short.ts";
import { meanGain, readXquadParagraphs, type LabelledParagraphs } from "./support/xquad.ts";

/** Kinds of stored token vectors; the first is what is asked for most. */
const KINDS = [
  { name: "int8", settings: { tokenVectors: "int8" } },
  { name: "int8, two words a vector", settings: { tokenVectors: "int8", tokenPooling: 2 } },
  { name: "half", settings: { tokenVectors: "half" } },
] as const;

const CANDIDATES = 100;
/** Questions asked one by one, whose times count; the others are asked several at once. */
const TIMED = 200;
const CALLERS = 4;
/** Opens connections and loads kernels. */
const WARM_UP = 20;
const STORED_WITHIN_MS = 300_000;

interface Answer {
  readonly hits: readonly { readonly id: string; readonly vectorScore: number }[];
  readonly timing: { readonly searchMs: number; readonly rerankMs?: number; readonly totalMs: number };
}

/** Whether MaxSim over words finds the paragraph that answers a question sooner than embeddings alone, and what it costs. */
export const benchRerank: Benchmark = {
  about:
    "nDCG@10 of questions on xquad-en paragraphs with and without maxsim over 100 candidates, and its milliseconds",
  options: {
    ...SHORT,
    kinds: {
      type: "string",
      help: "how many kinds of stored token vectors, from int8 on (rerank; default: all three)",
    },
  },
  async run(context) {
    const { documents, queries } = readXquadParagraphs(context.sharedDir);
    const kinds = KINDS.slice(0, isShort(context) ? 1 : Number(context.options["kinds"] ?? KINDS.length));
    const asked = isShort(context) ? queries.slice(0, 200) : queries;
    const services = await startServices(context);
    const figures: Figure[] = [];
    for (const [i, { name, settings }] of kinds.entries()) {
      const collection = `rerank${i}`;
      expectStatus(await services.api.call("PUT", `/v1/collections/${collection}`, settings), 201);
      const { ticket } = await services.ingest.push(collection, documents);
      const { stored } = await services.ingest.settled(ticket, STORED_WITHIN_MS);
      if (stored !== documents.length) throw new Error(`${stored} of ${documents.length} documents were stored`);
      context.log(`${stored} paragraphs stored with ${name}`);
      const answers = await askAll(services, collection, asked);
      if (i === 0) figures.push(gainsOf("embeddings alone", answers.map(byEmbedding), asked));
      figures.push(gainsOf(`maxsim, ${name}`, answers.map(idsOf), asked), ...times(name, answers.slice(0, TIMED)));
    }
    await services.stop();
    return figures;
  },
};

async function askAll(
  { api }: Services,
  collection: string,
  queries: LabelledParagraphs["queries"],
): Promise<Answer[]> {
  const ask = async (query: string): Promise<Answer> => {
    // All candidates, so that one answer tells both orders.
    const body = { query, k: CANDIDATES, rerank: "maxsim", candidates: CANDIDATES };
    return expectStatus(await api.call("POST", `/v1/collections/${collection}/search`, body), 200) as Answer;
  };
  for (const { text } of queries.slice(0, WARM_UP)) await ask(text);
  const answers: Answer[] = [];
  for (const { text } of queries.slice(0, TIMED)) answers.push(await ask(text));
  for (let at = TIMED; at < queries.length; at += CALLERS)
    answers.push(...(await Promise.all(queries.slice(at, at + CALLERS).map(({ text }) => ask(text)))));
  return answers;
}

function idsOf({ hits }: Answer): string[] {
  return hits.map(({ id }) => id);
}

function byEmbedding({ hits }: Answer): string[] {
  return [...hits].sort((a, b) => b.vectorScore - a.vectorScore).map(({ id }) => id);
}

function gainsOf(name: string, rankings: readonly string[][], queries: LabelledParagraphs["queries"]): Figure {
  return { name: `${name}, ${queries.length} questions`, unit: "nDCG@10", values: [meanGain(rankings, queries)] };
}

function times(name: string, answers: readonly Answer[]): Figure[] {
  const all = answers.map(({ timing }) => timing.rerankMs ?? NaN);
  return [
    {
      name: `${name}: rerank of ${CANDIDATES}, p50`,
      unit: "ms",
      values: [percentile(all, 0.5)],
      reach: { atMost: 30 },
    },
    { name: `${name}: rerank of ${CANDIDATES}, p99`, unit: "ms", values: [percentile(all, 0.99)], better: "lower" },
  ];
}
