import { NO_SPAN, type Span, type Tracing } from "@polyseme/core";

/** What the documents of a job go through, in this order. */
export const PHASES = ["tokenise", "encode", "write"] as const;
export type Phase = (typeof PHASES)[number];

/**
 * The span of one job and one for each phase of it, whatever the number of its documents: a phase lasts from the first
 * document that enters it to the last that leaves it.
 */
export interface JobTrace {
  /** The job's own. */
  readonly span: Span;
  /** Call the returned function when the document leaves the phase. */
  enter(phase: Phase): () => void;
  /** Ends all of it. */
  end(): void;
}

const LEAVE = (): void => undefined;

export const NO_JOB_TRACE: JobTrace = { span: NO_SPAN, enter: () => LEAVE, end: () => undefined };

/** Ids that a span lists at most; a job has no more documents than that unless it was made elsewhere. */
const LISTED_IDS = 32;

export function traceJob(
  tracing: Tracing,
  job: {
    readonly id: string;
    readonly trace?: readonly string[];
    readonly documents: readonly { readonly id: string }[];
  },
): JobTrace {
  if (!tracing.on) return NO_JOB_TRACE;
  const span = tracing.start("embed job", {
    kind: "consumer",
    causes: job.trace ?? [],
    attributes: {
      "polyseme.job": job.id,
      "polyseme.documents": job.documents.length,
      "polyseme.document_ids": job.documents.slice(0, LISTED_IDS).map(({ id }) => id),
    },
  });
  const times = new Map<Phase, { startMs: number; endMs: number; documents: number }>();
  return {
    span,
    enter(phase) {
      const now = performance.now();
      const time = times.get(phase) ?? { startMs: now, endMs: now, documents: 0 };
      times.set(phase, time);
      time.documents += 1;
      return () => {
        time.endMs = performance.now();
      };
    },
    end() {
      for (const [phase, { startMs, endMs, documents }] of times) {
        const attributes = { "polyseme.documents": documents };
        tracing.start(phase, { causes: [span.traceparent], startMs, attributes }).end(endMs);
      }
      span.end();
    },
  };
}
