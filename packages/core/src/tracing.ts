/** What a span says: figures, words and short lists of ids; never a document's text nor a secret. */
export type SpanAttributes = Readonly<Record<string, string | number | boolean | readonly string[]>>;

export interface SpanOptions {
  readonly kind?: "server" | "producer" | "consumer" | "internal";
  /**
   * `traceparent` values of what brought it about: it is the child of the first and links to the others. Those that are
   * undefined or no traceparent are left out; without any it begins a trace.
   */
  readonly causes?: readonly (string | undefined)[];
  readonly attributes?: SpanAttributes;
  /** By `performance.now()`; undefined: now. */
  readonly startMs?: number;
}

/** One piece of work in a trace. Calls after `end` do nothing. */
export interface Span {
  /** W3C `traceparent`, to be handed to whoever goes on with the work; undefined: tracing is off. */
  readonly traceparent: string | undefined;
  set(attributes: SpanAttributes): void;
  /** Marks it as failed with the error's code; the message is not sent, as it may quote what was pushed. */
  fail(error: unknown): void;
  /** By `performance.now()`; undefined: now. */
  end(endMs?: number): void;
}

/** Traces of one process. */
export interface Tracing {
  /** False: nothing is recorded, so nothing need be gathered for it. */
  readonly on: boolean;
  start(name: string, options?: SpanOptions): Span;
  /** Sends what is left, within a few seconds. */
  close(): Promise<void>;
}

/** Causes a span or a job carries at most: a batch of a thousand small pushes must not become a list of a thousand. */
export const MAX_CAUSES = 32;

export const NO_SPAN: Span = {
  traceparent: undefined,
  set: () => undefined,
  fail: () => undefined,
  end: () => undefined,
};

export const NO_TRACING: Tracing = { on: false, start: () => NO_SPAN, close: () => Promise.resolve() };

/** Runs `work` inside a span that ends with it, failed when it throws. */
export async function traced<T>(
  tracing: Tracing,
  name: string,
  options: SpanOptions,
  work: (span: Span) => Promise<T>,
): Promise<T> {
  const span = tracing.start(name, options);
  try {
    return await work(span);
  } catch (error) {
    span.fail(error);
    throw error;
  } finally {
    span.end();
  }
}

/** The causes of joined work, each once, at most {@link MAX_CAUSES}. */
export function distinctCauses(causes: Iterable<string | undefined>): string[] {
  const distinct = new Set<string>();
  for (const cause of causes) {
    if (cause !== undefined) distinct.add(cause);
    if (distinct.size === MAX_CAUSES) break;
  }
  return [...distinct];
}
