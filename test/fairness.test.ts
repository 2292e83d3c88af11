import { describe, expect, inject, test } from "vitest";
import { HttpCaller, waitUntil, type TicketAnswer } from "./support/http.ts";
import { untilSomeStored, useServices } from "./support/services.ts";

const databaseUrl = inject("databaseUrl");
const redisUrl = inject("redisUrl");

/** One thread, so that a backlog of half a minute is not too many documents. */
const ONE_THREAD = { POLYSEME_ENCODER_THREADS: "1" };
const SENTENCE = "It tells of rivers, banks and the people who live beside them. ";
/** Of a load, when ten documents are pushed beside it. */
const LEAST_SECONDS_LEFT = 30;
const MOST_SHARE_OF_WAIT = 1 / 5;
const LOAD_MS = 180_000;

function documents(count: number, options: { sentences: number; priority?: number; from?: number }) {
  const { sentences, from = 0, ...rest } = options;
  const text = SENTENCE.repeat(sentences);
  return Array.from({ length: count }, (_, i) => ({ id: `d${from + i}`, text: `${from + i}. ${text}`, ...rest }));
}

describe.skipIf(databaseUrl === null || redisUrl === null)("collections that are loaded at the same time", () => {
  const services = useServices(databaseUrl, redisUrl, ONE_THREAD);

  test(
    "ten documents of one wait a small part of the time that the load of another one still takes",
    { timeout: LOAD_MS },
    async () => {
      const [ingest] = await Promise.all([services.start("ingest"), services.start("embedder")]);
      const http = new HttpCaller(ingest.url);
      const state = async (ticket: string): Promise<TicketAnswer> =>
        (await http.call("GET", `/v1/tickets/${ticket}`)).body as unknown as TicketAnswer;
      const { ticket } = await http.push("load", documents(5_000, { sentences: 12 }));
      await untilSomeStored(http, ticket);
      const startedMs = performance.now();
      const before = await state(ticket);
      const secondsLeft = await waitUntil("the load's rate can be told", async () => {
        const { stored, pending } = await state(ticket);
        const seconds = (performance.now() - startedMs) / 1_000;
        return stored - before.stored >= 200 && (pending * seconds) / (stored - before.stored);
      });
      expect(secondsLeft).toBeGreaterThan(LEAST_SECONDS_LEFT);

      const pushedMs = performance.now();
      const ten = await http.push("ten", documents(10, { sentences: 3 }));
      expect(await http.settled(ten.ticket)).toMatchObject({ stored: 10, failed: 0 });
      const waitedSeconds = (performance.now() - pushedMs) / 1_000;
      expect((await state(ticket)).pending).toBeGreaterThan(0);
      process.stderr.write(
        `[fairness] ten waited ${waitedSeconds.toFixed(1)} s, the load ${secondsLeft.toFixed(0)} s\n`,
      );
      expect(waitedSeconds / secondsLeft).toBeLessThan(MOST_SHARE_OF_WAIT);
    },
  );

  test("are stored in proportion to 1 + priority, however they were pushed", { timeout: LOAD_MS }, async () => {
    const ingest = await services.start("ingest");
    const http = new HttpCaller(ingest.url);
    const count = async (collection: string): Promise<number> => {
      const { body } = await http.call("GET", `/v1/tickets/${tickets.get(collection) ?? ""}`);
      return Number(body["stored"]);
    };
    const tickets = new Map<string, string>();
    // A whole load after the other.
    for (const [collection, priority] of [["first", 0] as const, ["second", 0] as const, ["urgent", 3] as const])
      tickets.set(collection, (await http.push(collection, documents(2_400, { sentences: 3, priority }))).ticket);
    await services.start("embedder");
    const stored = async () => ({
      first: await count("first"),
      second: await count("second"),
      urgent: await count("urgent"),
    });
    const until = (urgent: number) =>
      waitUntil(
        `${urgent} of the urgent ones are stored`,
        async () => {
          const now = await stored();
          return now.urgent >= urgent && now;
        },
        LOAD_MS / 2,
      );
    const [from, to] = [await until(400), await until(2_000)];
    const [first, second, urgent] = [to.first - from.first, to.second - from.second, to.urgent - from.urgent];
    process.stderr.write(
      `[fairness] stored meanwhile: ${first} and ${second} of priority 0, ${urgent} of priority 3\n`,
    );
    expect(urgent / first).toBeGreaterThan(3);
    expect(urgent / first).toBeLessThan(5.3);
    expect(first / second).toBeGreaterThan(0.75);
    expect(first / second).toBeLessThan(1.33);
  });

  test("ten documents are stored while a huge one of another collection is still being embedded", async () => {
    const [ingest] = await Promise.all([services.start("ingest"), services.start("embedder")]);
    const http = new HttpCaller(ingest.url);
    await http.push("huge", documents(1, { sentences: 20_000 }));
    const api = new HttpCaller((await services.start("api")).url);
    const hugeState = async (): Promise<unknown> =>
      (await api.call("GET", "/v1/collections/huge/documents/d0")).body["state"];
    await waitUntil("the huge one is being embedded", async () => (await hugeState()) === "embedding");
    const ten = await http.push("ten", documents(10, { sentences: 3 }));
    expect(await http.settled(ten.ticket)).toMatchObject({ stored: 10, failed: 0 });
    expect(await hugeState()).toBe("embedding");
  });
});
