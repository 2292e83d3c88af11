import { NO_TRACING, type Span, type SpanOptions, type Tracing } from "@polyseme/core";
import { expect, test } from "vitest";
import { NO_JOB_TRACE, traceJob } from "./job-trace.ts";

interface Seen extends SpanOptions {
  readonly name: string;
  endMs?: number | undefined;
}

/** Traces that are kept for the test to look at. */
function recorded(): { tracing: Tracing; spans: Seen[] } {
  const spans: Seen[] = [];
  const start = (name: string, options: SpanOptions = {}): Span => {
    const seen: Seen = { name, ...options };
    spans.push(seen);
    return {
      traceparent: `parent-${spans.length}`,
      set: () => undefined,
      fail: () => undefined,
      end: (endMs) => void (seen.endMs = endMs ?? performance.now()),
    };
  };
  return { tracing: { on: true, start, close: () => Promise.resolve() }, spans };
}

const job = { id: "j1-0", trace: ["a", "b"], documents: Array.from({ length: 40 }, (_, i) => ({ id: `d${i}` })) };

test("a job that is not traced costs nothing and leaves nothing", () => {
  expect(traceJob(NO_TRACING, job)).toBe(NO_JOB_TRACE);
});

test("a job is one span and one for each phase, from the first document that enters to the last that leaves", () => {
  const { tracing, spans } = recorded();
  const trace = traceJob(tracing, job);
  const leaves = [trace.enter("tokenise"), trace.enter("tokenise")];
  const startedMs = performance.now();
  leaves[0]?.();
  const leaveWrite = trace.enter("write");
  leaveWrite();
  leaves[1]?.();
  const leftMs = performance.now();
  trace.end();

  expect(spans.map(({ name, causes }) => [name, causes])).toEqual([
    ["embed job", ["a", "b"]],
    ["tokenise", ["parent-1"]],
    ["write", ["parent-1"]],
  ]);
  const [whole, tokenise, write] = spans;
  expect(tokenise?.startMs).toBeLessThanOrEqual(startedMs);
  expect(tokenise?.endMs).toBeGreaterThanOrEqual(write?.endMs ?? Infinity);
  expect(tokenise?.endMs).toBeLessThanOrEqual(leftMs);
  expect(whole?.endMs).toBeGreaterThanOrEqual(leftMs);
  expect([tokenise?.attributes, write?.attributes]).toEqual([{ "polyseme.documents": 2 }, { "polyseme.documents": 1 }]);
});

test("a job's span lists no more than 32 ids", () => {
  const { tracing, spans } = recorded();
  traceJob(tracing, job).end();
  expect(spans[0]?.attributes).toMatchObject({ "polyseme.job": "j1-0", "polyseme.documents": 40 });
  expect(spans[0]?.attributes?.["polyseme.document_ids"]).toHaveLength(32);
});
