import { afterEach, beforeEach, describe, expect, inject, test } from "vitest";
import { expectStatus, HttpCaller, waitUntil, type PushAnswer } from "./support/http.ts";
import { startOtlpReceiver, type OtlpReceiver, type ReceivedSpan } from "./support/otlp.ts";
import { useServices } from "./support/services.ts";

const databaseUrl = inject("databaseUrl");
const redisUrl = inject("redisUrl");

const TRACE_ID = "0af7651916cd43dd8448eb211c80319c";
const CALLER = "b7ad6b7169203331";
/** In a document's text: must be in no span. */
const SECRET = "zzyzx-quokka-4711";

describe.skipIf(databaseUrl === null || redisUrl === null)("traces of separate processes", () => {
  const services = useServices(databaseUrl, redisUrl);
  let receiver: OtlpReceiver;
  beforeEach(async () => {
    receiver = await startOtlpReceiver();
  });
  afterEach(() => receiver.close());

  const settings = (): Record<string, string> => ({
    OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
    OTEL_BSP_SCHEDULE_DELAY: "100",
  });
  const spansOf = (traceId: string): ReceivedSpan[] => receiver.spans.filter((span) => span.traceId === traceId);
  const untilTraced = (traceId: string, names: readonly string[]): Promise<ReceivedSpan[]> =>
    waitUntil(`the spans ${names.join(", ")} have come`, () => {
      const spans = spansOf(traceId);
      return Promise.resolve(names.every((name) => spans.some((span) => span.name === name)) && spans);
    });

  test("a push is one trace from the caller's request until its documents are stored, through queue and worker", async () => {
    const [ingest, embedder] = await Promise.all([
      services.start("ingest", settings()),
      services.start("embedder", settings()),
    ]);
    const http = new HttpCaller(ingest.url);
    const documents = Array.from({ length: 100 }, (_, i) => ({ id: `d${i}`, text: `Text ${i}, ${SECRET}.` }));
    const answer = await http.call(
      "POST",
      "/v1/collections/traced/documents",
      { documents },
      { traceparent: `00-${TRACE_ID}-${CALLER}-01` },
    );
    const { ticket } = expectStatus(answer, 202) as PushAnswer;
    expect(await http.settled(ticket)).toMatchObject({ stored: 100 });
    await Promise.all([ingest.end("SIGTERM"), embedder.end("SIGTERM")]);
    const request = "POST /v1/collections/:collection/documents";
    const spans = await untilTraced(TRACE_ID, [request, "push", "embed job", "store chunks"]);

    const byId = new Map(spans.map((span) => [span.spanId, span]));
    const parentOf = (span: ReceivedSpan): string => byId.get(span.parentSpanId)?.name ?? span.parentSpanId;
    const parents = (name: string): string[] => [
      ...new Set(spans.filter((span) => span.name === name).map((span) => parentOf(span))),
    ];
    expect(parents(request)).toEqual([CALLER]);
    expect(parents("push")).toEqual([request]);
    expect(parents("ledger")).toEqual(["push"]);
    expect(parents("enqueue")).toEqual(["push"]);
    expect(parents("embed job")).toEqual(["push"]);
    for (const name of ["claim", "tokenise", "encode", "write", "encode batch", "store chunks"])
      expect([name, parents(name)]).toEqual([name, ["embed job"]]);

    const service = (name: string): string[] => [
      ...new Set(spans.filter((span) => span.name === name).map((span) => span.service)),
    ];
    expect([service("push"), service("embed job")]).toEqual([["polyseme-ingest"], ["polyseme-embedder"]]);
    const push = spans.find(({ name }) => name === "push");
    expect(push?.attributes).toMatchObject({ "polyseme.ticket": ticket, "polyseme.accepted": 100 });
    const jobs = spans.filter(({ name }) => name === "embed job");
    expect(jobs.flatMap(({ attributes }) => attributes["polyseme.document_ids"] as string[]).sort()).toEqual(
      documents.map(({ id }) => id).sort(),
    );
    for (const span of spans) expect(span.endMs).toBeGreaterThanOrEqual(span.startMs);
    // A span a document would be hundreds.
    expect(spans.length).toBeLessThan(60);
    expect(receiver.text()).not.toContain(SECRET);
  });

  test("a job that two pushes share belongs to the one and links to the other", async () => {
    const ingest = await services.start("ingest", settings());
    const http = new HttpCaller(ingest.url);
    await http.push("shared", []);
    const pushes = await Promise.all(
      Array.from({ length: 12 }, (_, i) => http.push("shared", [{ id: `s${i}`, text: `Shared text ${i}.` }])),
    );
    await services.start("embedder", settings());
    for (const { ticket } of pushes) expect(await http.settled(ticket)).toMatchObject({ stored: 1 });
    const jobs = await waitUntil("all documents are in traced jobs", () => {
      const found = receiver.spans.filter(({ name }) => name === "embed job");
      const documents = found.reduce((sum, { attributes }) => sum + Number(attributes["polyseme.documents"]), 0);
      return Promise.resolve(documents === 12 && found);
    });
    const pushSpans = new Set(receiver.spans.filter(({ name }) => name === "push").map(({ spanId }) => spanId));
    for (const job of jobs) {
      const causes = [job.parentSpanId, ...job.links];
      expect(causes).toHaveLength(Number(job.attributes["polyseme.documents"]));
      for (const cause of causes) expect(pushSpans).toContain(cause);
    }
  });

  test("are sent by nobody who was not told to", async () => {
    const [ingest] = await Promise.all([services.start("ingest"), services.start("embedder", settings())]);
    const http = new HttpCaller(ingest.url);
    const { ticket } = await http.push("untraced", [{ id: "a", text: "A text." }]);
    await http.settled(ticket);
    const [job] = await waitUntil("the worker's span has come", () => {
      const found = receiver.spans.filter(({ name }) => name === "embed job");
      return Promise.resolve(found.length > 0 && found);
    });
    expect(job?.parentSpanId).toBe("");
    expect(receiver.spans.filter(({ service }) => service === "polyseme-ingest")).toEqual([]);
  });
});
