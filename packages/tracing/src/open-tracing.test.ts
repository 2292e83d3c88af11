import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { NO_TRACING, readConfig, traced, PolysemeError, type Tracing } from "@polyseme/core";
import { afterEach, describe, expect, test } from "vitest";
import { openTracing } from "./open-tracing.ts";

interface Span {
  readonly name: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly links?: { traceId: string; spanId: string }[];
  readonly status: { code?: number; message?: string };
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
}

const open: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

/** Traces that end in a collector of our own; `sent` closes them and gives what the collector got. */
async function withCollector(settings: Record<string, string> = {}) {
  const spans: Span[] = [];
  const headers: Record<string, unknown>[] = [];
  const server: Server = createServer((request, response) => {
    let body = "";
    headers.push(request.headers);
    request.setEncoding("utf8").on("data", (part: string) => (body += part));
    request.on("end", () => {
      const { resourceSpans } = JSON.parse(body) as { resourceSpans: { scopeSpans: { spans: Span[] }[] }[] };
      spans.push(...resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap((scope) => scope.spans)));
      response.end("{}");
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  open.push(() => new Promise((resolve) => server.close(resolve)));
  const { port } = server.address() as AddressInfo;
  const { tracing, errors } = await tracesTo(`http://127.0.0.1:${port}`, settings);
  return {
    tracing,
    headers,
    sent: async () => {
      await tracing.close();
      expect(errors).toEqual([]);
      return spans;
    },
  };
}

async function tracesTo(endpoint: string, settings: Record<string, string>) {
  const errors: string[] = [];
  const config = readConfig({ OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, ...settings }).tracing;
  const tracing = await openTracing(config, {
    service: "test",
    version: "1",
    onError: (message) => errors.push(message),
  });
  return { tracing, errors };
}

const PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
const UNSAMPLED = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00";
const OTHER = "00-11111111111111111111111111111111-2222222222222222-01";

function startAndEnd(tracing: Tracing, cause: string | undefined): void {
  tracing.start("work", { causes: [cause] }).end();
}

describe("traces", () => {
  test("are off when nothing asks for them, and then nothing is handed on", async () => {
    const tracing = await openTracing(readConfig({}).tracing, { service: "a", version: "1", onError: () => undefined });
    expect(tracing).toBe(NO_TRACING);
    expect(tracing.start("work", { causes: [PARENT] }).traceparent).toBeUndefined();
  });

  test("go on where the first cause left off, and link to the others once each", async () => {
    const { tracing, sent } = await withCollector();
    tracing.start("work", { causes: [undefined, "nonsense", PARENT, OTHER, OTHER] }).end();
    const [span] = await sent();
    expect(span).toMatchObject({
      name: "work",
      traceId: "0af7651916cd43dd8448eb211c80319c",
      parentSpanId: "b7ad6b7169203331",
      links: [{ traceId: "11111111111111111111111111111111", spanId: "2222222222222222" }],
    });
    expect(span?.links).toHaveLength(1);
  });

  test("tell how long something took that began before it was told", async () => {
    const { tracing, sent } = await withCollector();
    const now = performance.now();
    tracing.start("work", { startMs: now - 500 }).end(now - 200);
    const [span] = await sent();
    const took = Number(BigInt(span?.endTimeUnixNano ?? 0) - BigInt(span?.startTimeUnixNano ?? 0)) / 1e6;
    expect(took).toBeCloseTo(300, 0);
    expect(Math.abs(Number(BigInt(span?.startTimeUnixNano ?? 0) / 1_000_000n) - (Date.now() - 500))).toBeLessThan(
      2_000,
    );
  });

  test("of what failed carry the error's code and not its message, which may quote a text", async () => {
    const { tracing, sent } = await withCollector();
    const work = traced(tracing, "work", {}, () => Promise.reject(new PolysemeError("unusable_text", "bad: secret")));
    await expect(work).rejects.toThrow("secret");
    const spans = await sent();
    expect(spans[0]?.status).toEqual({ code: 2, message: "unusable_text" });
    expect(JSON.stringify(spans)).not.toContain("secret");
  });

  test("send the headers that they are given", async () => {
    const { tracing, sent, headers } = await withCollector({ OTEL_EXPORTER_OTLP_HEADERS: "x-key=a%20b, x-other=c" });
    startAndEnd(tracing, undefined);
    await sent();
    expect(headers[0]).toMatchObject({ "x-key": "a b", "x-other": "c" });
  });

  test.each([
    ["parentbased_always_on", PARENT, 1],
    ["parentbased_always_on", UNSAMPLED, 0],
    ["parentbased_always_on", undefined, 1],
    ["parentbased_always_off", undefined, 0],
    ["parentbased_always_off", PARENT, 1],
    ["always_off", PARENT, 0],
    ["always_on", UNSAMPLED, 1],
  ])("of the sampler %s with the parent %s are kept: %i", async (sampler, cause, kept) => {
    const { tracing, sent } = await withCollector({ OTEL_TRACES_SAMPLER: sampler });
    startAndEnd(tracing, cause);
    expect(await sent()).toHaveLength(kept);
  });

  test("are kept by ratio", async () => {
    const { tracing, sent } = await withCollector({
      OTEL_TRACES_SAMPLER: "parentbased_traceidratio",
      OTEL_TRACES_SAMPLER_ARG: "0.5",
    });
    for (let i = 0; i < 200; i += 1) startAndEnd(tracing, undefined);
    const { length } = await sent();
    expect(length).toBeGreaterThan(50);
    expect(length).toBeLessThan(150);
  });

  test("do not hold up a stop when the collector is away", async () => {
    const { tracing } = await tracesTo("http://127.0.0.1:9", {});
    startAndEnd(tracing, undefined);
    const started = performance.now();
    await tracing.close();
    expect(performance.now() - started).toBeLessThan(4_000);
  });
});
