import { describe, expect, inject, test } from "vitest";
import { HttpCaller, waitUntil } from "./support/http.ts";
import { startService, type ServiceProcess } from "./support/processes.ts";
import { untilSomeStored, useServices } from "./support/services.ts";

const databaseUrl = inject("databaseUrl");
const redisUrl = inject("redisUrl");

/** Every service stops well within what an orchestrator grants by default (30 s). */
const DEADLINE_MS = 25_000;
const DOCUMENTS = 600;

function manyDocuments(): { id: string; text: string }[] {
  return Array.from({ length: DOCUMENTS }, (_, i) => ({
    id: `d${i}`,
    text: `Document ${i}. ${"It tells of rivers, banks and the people who live beside them. ".repeat(8)}`,
  }));
}

describe.skipIf(databaseUrl === null || redisUrl === null)("told to stop by SIGTERM", () => {
  const services = useServices(databaseUrl, redisUrl);

  test("an embedder in the middle of its work exits 0, and another one stores the rest", async () => {
    const [ingest, first] = await Promise.all([services.start("ingest"), services.start("embedder")]);
    const http = new HttpCaller(ingest.url);
    const { ticket } = await http.push("load", manyDocuments());
    await untilSomeStored(http, ticket);
    const ended = await first.end("SIGTERM");
    expect(ended).toMatchObject({ code: 0, signal: null });
    expect(ended.afterMs).toBeLessThan(DEADLINE_MS);
    const between = (await http.call("GET", `/v1/tickets/${ticket}`)).body;
    expect(Number(between["pending"])).toBeGreaterThan(0);
    expect(between).toMatchObject({ failed: 0, total: DOCUMENTS });

    await services.start("embedder");
    expect(await http.settled(ticket)).toMatchObject({ total: DOCUMENTS, stored: DOCUMENTS, failed: 0 });
  });

  test("an embedder told twice gives back what has not begun, and nothing is lost", async () => {
    const [ingest, first] = await Promise.all([services.start("ingest"), services.start("embedder")]);
    const http = new HttpCaller(ingest.url);
    const { ticket } = await http.push("load", manyDocuments());
    await untilSomeStored(http, ticket);
    const ending = first.end("SIGTERM");
    process.kill(first.pid, "SIGTERM");
    const ended = await ending;
    expect(ended).toMatchObject({ code: 0 });
    expect(ended.afterMs).toBeLessThan(DEADLINE_MS);
    await services.start("embedder");
    expect(await http.settled(ticket)).toMatchObject({ stored: DOCUMENTS, failed: 0 });
  });

  test("an ingest in the middle of a stream keeps what it accepted and says that the rest must come again", async () => {
    const ingest = await services.start("ingest");
    const http = new HttpCaller(ingest.url);
    const line = (i: number): Uint8Array =>
      new TextEncoder().encode(`${JSON.stringify({ id: `s${i}`, text: `Line ${i} of a stream.` })}\n`);
    let sent = 0;
    let ending: ReturnType<ServiceProcess["end"]> | undefined;
    const endless = new ReadableStream<Uint8Array>({
      pull(controller) {
        controller.enqueue(line(sent));
        sent += 1;
        if (sent === 5_000) ending = ingest.end("SIGTERM");
        return new Promise((resolve) => setImmediate(resolve));
      },
    });
    const answer = await http.send("/v1/collections/stream/documents", "application/x-ndjson", endless);
    expect(answer).toMatchObject({ status: 503, body: { error: { code: "unavailable" } } });
    expect(await ending).toMatchObject({ code: 0 });
    const details = (answer.body["error"] as { details: { accepted: number; ticket: string } }).details;
    expect(details.accepted).toBeGreaterThan(0);

    const [again] = await Promise.all([services.start("ingest"), services.start("embedder")]);
    const status = await new HttpCaller(again.url).settled(details.ticket);
    expect(status).toMatchObject({ total: details.accepted, stored: details.accepted });
  });

  test("an api cuts a waiting search short and exits 0", async () => {
    const [ingest, api] = await Promise.all([services.start("ingest"), services.start("api")]);
    // Without an embedder the ticket stays pending, so the search waits.
    const { ticket } = await new HttpCaller(ingest.url).push("waits", [{ id: "a", text: "Nobody embeds this." }]);
    expect(await new HttpCaller(ingest.url).metric("polyseme_queue_jobs")).toBe(1);
    const searching = new HttpCaller(api.url).call("POST", "/v1/collections/waits/search", {
      query: "x",
      after: ticket,
    });
    await waitUntil(
      "the api works on the search",
      async () => (await new HttpCaller(api.url).call("GET", "/healthz")).status === 200,
    );
    const ended = await api.end("SIGTERM");
    expect(ended).toMatchObject({ code: 0 });
    expect(ended.afterMs).toBeLessThan(DEADLINE_MS);
    expect(await searching).toMatchObject({ status: 503 });
    expect(await ingest.end("SIGINT")).toMatchObject({ code: 0 });
  });

  test("a service alone without servers says what to set", async () => {
    await expect(startService("embedder", {})).rejects.toThrow(/DATABASE_URL/);
    await expect(startService("api", { DATABASE_URL: "postgres://127.0.0.1:1/none" })).rejects.toThrow(
      /Postgres is not available/,
    );
    await expect(
      startService("ingest", { ...services.servers.environment, REDIS_URL: "redis://127.0.0.1:1" }),
    ).rejects.toThrow(/Redis \(REDIS_URL\)/);
  });
});
