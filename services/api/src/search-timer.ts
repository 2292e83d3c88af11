import { traced, type Metrics, type Span, type Tracing } from "@polyseme/core";

const STEPS = {
  encode: { span: "encode query", stage: "search_encode" },
  search: { span: "search sql", stage: "search_sql" },
  lexical: { span: "search words", stage: "search_lexical" },
  rerank: { span: "rerank", stage: "search_rerank" },
  explain: { span: "explain", stage: "search_explain" },
} as const;
type Step = keyof typeof STEPS;

/** Milliseconds of each step that was taken. */
export interface SearchTiming {
  readonly encodeMs: number;
  readonly searchMs: number;
  readonly lexicalMs?: number;
  readonly rerankMs?: number;
  readonly explainMs?: number;
}

export interface SearchTimer {
  /** Runs a step in a span of its own; when it succeeds, its time counts. A step may be taken again. */
  step<T>(step: Step, work: (span: Span) => Promise<T>): Promise<T>;
  timing(): SearchTiming;
}

export function makeSearchTimer(
  { metrics, tracing }: { readonly metrics: Metrics; readonly tracing: Tracing },
  traceparent: string | undefined,
): SearchTimer {
  const took = new Map<Step, number>();
  return {
    async step(step, work) {
      const started = performance.now();
      const { span, stage } = STEPS[step];
      const result = await traced(tracing, span, { causes: [traceparent] }, work);
      const ms = performance.now() - started;
      metrics.observeStage(stage, ms);
      took.set(step, (took.get(step) ?? 0) + ms);
      return result;
    },
    timing() {
      const lexical = took.get("lexical");
      const rerank = took.get("rerank");
      const explain = took.get("explain");
      return {
        encodeMs: roundMs(took.get("encode") ?? 0),
        searchMs: roundMs(took.get("search") ?? 0),
        ...(lexical === undefined ? {} : { lexicalMs: roundMs(lexical) }),
        ...(rerank === undefined ? {} : { rerankMs: roundMs(rerank) }),
        ...(explain === undefined ? {} : { explainMs: roundMs(explain) }),
      };
    },
  };
}

export function roundMs(ms: number): number {
  return Math.round(ms * 100) / 100;
}
