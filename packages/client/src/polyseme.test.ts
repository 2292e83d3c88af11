import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { Polyseme, PolysemeRequestError, type PushDocument } from "./index.ts";

type Answer = { status: number; body: unknown; headers?: Record<string, string> } | "hang up";

const stops: (() => void)[] = [];
afterEach(() => {
  for (const stop of stops.splice(0)) stop();
});

interface Seen {
  readonly line: string;
  readonly body: string;
  readonly headers: IncomingMessage["headers"];
}

/** A server that answers by the given function and remembers what it was asked. */
async function serve(answer: (seen: Seen, count: number) => Answer): Promise<{ url: string; seen: Seen[] }> {
  const seen: Seen[] = [];
  const server = createServer((request: IncomingMessage, response: ServerResponse) => {
    let body = "";
    request.setEncoding("utf8").on("data", (chunk: string) => (body += chunk));
    request.on("end", () => {
      const one = { line: `${request.method} ${request.url}`, body, headers: request.headers };
      seen.push(one);
      const given = answer(one, seen.length);
      if (given === "hang up") request.socket.destroy();
      else response.writeHead(given.status, given.headers).end(JSON.stringify(given.body));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  stops.push(() => server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen };
}

/** A busy machine makes thousands of documents slowly. */
const PATIENCE = { timeout: 20_000 };
const QUICK = { firstPauseMs: 1, longestPauseMs: 5, attempts: 4 };

function* documents(count: number): Generator<PushDocument> {
  for (let i = 0; i < count; i += 1) yield { id: `d${i}`, text: `text ${i}` };
}

/** A fetch whose answers are held until they are let go, each accepting all it was given. */
function heldFetch(waiting: (() => void)[]): { fetch: typeof fetch; bodies: number[] } {
  const bodies: number[] = [];
  const held: typeof fetch = (_url, init) =>
    new Promise((resolve) => {
      const lines = new TextDecoder()
        .decode(init?.body as Uint8Array)
        .trim()
        .split("\n").length;
      const body = { ticket: `t${bodies.push(lines)}`, accepted: lines, unchanged: 0, rejected: [] };
      waiting.push(() => {
        resolve(Response.json(body, { status: 202 }));
      });
    });
  return { fetch: held, bodies };
}

/** Rejects the second document of every request. */
function takePush({ body }: Seen, count: number): Answer {
  const lines = body.trim().split("\n").length;
  const rejected = [{ index: 1, code: "invalid", field: "text", message: "no" }];
  return { status: 202, body: { ticket: `t${count}`, accepted: lines - 1, unchanged: 0, rejected } };
}

describe("push", () => {
  it("splits into requests and makes the rejected indexes global", async () => {
    const { url, seen } = await serve(takePush);
    const progress: number[] = [];
    const result = await new Polyseme({ url, apiKey: "secret" }).push("c", documents(12_000), {
      onProgress: ({ sent, latestRejected }) => progress.push(sent, latestRejected[0]?.index ?? -1),
    });
    expect(seen.map(({ body }) => body.trim().split("\n").length)).toEqual([5_000, 5_000, 2_000]);
    expect(seen[0]?.headers).toMatchObject({
      authorization: "Bearer secret",
      "content-type": "application/x-ndjson",
    });
    expect(result).toMatchObject({ accepted: 11_997, unchanged: 0, rejectedOmitted: 0 });
    expect(result.rejected.map(({ index }) => index)).toEqual([1, 5_001, 10_001]);
    expect(result.ticket.ids).toEqual(["t1", "t2", "t3"]);
    expect(progress).toEqual([5_000, 1, 10_000, 5_001, 12_000, 10_001]);
  });

  it("has two requests under way, reads its documents no further, and tells the answers in their order", async () => {
    const waiting: (() => void)[] = [];
    let read = 0;
    async function* source(): AsyncGenerator<PushDocument> {
      for (const document of documents(30_000)) {
        await Promise.resolve();
        read += 1;
        yield document;
      }
    }
    const { fetch, bodies } = heldFetch(waiting);
    const progress: number[] = [];
    const pushing = new Polyseme({ url: "http://x", fetch }).push("c", source(), {
      onProgress: ({ sent }) => progress.push(sent),
    });
    await expect.poll(() => read, PATIENCE).toBe(15_000);
    expect(bodies).toHaveLength(2);
    // The second is answered first.
    waiting[1]?.();
    waiting[0]?.();
    await expect.poll(() => bodies.length, PATIENCE).toBe(4);
    expect(read).toBeLessThanOrEqual(25_000);
    waiting[2]?.();
    waiting[3]?.();
    await expect.poll(() => bodies.length, PATIENCE).toBe(6);
    waiting[4]?.();
    waiting[5]?.();
    expect((await pushing).ticket.ids).toEqual(["t1", "t2", "t3", "t4", "t5", "t6"]);
    expect(progress).toEqual([5_000, 10_000, 15_000, 20_000, 25_000, 30_000]);
  });

  it("sends an id again only when the request that had it before is answered, so that the last one wins", async () => {
    const waiting: (() => void)[] = [];
    const { fetch, bodies } = heldFetch(waiting);
    const again = [...documents(5_000), { id: "d17", text: "newer" }];
    const pushing = new Polyseme({ url: "http://x", fetch }).push("c", again);
    await expect.poll(() => bodies.length, PATIENCE).toBe(1);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(bodies).toHaveLength(1);
    waiting[0]?.();
    await expect.poll(() => bodies.length, PATIENCE).toBe(2);
    waiting[1]?.();
    expect((await pushing).accepted).toBe(5_001);
  });

  it("ends the other request when one fails for good", async () => {
    const aborted: boolean[] = [];
    const refuse: typeof fetch = (_url, init) =>
      new Promise((resolve, reject) => {
        const first = aborted.push(false) === 1;
        init?.signal?.addEventListener("abort", () => {
          aborted[aborted.length - 1] = true;
          reject(init.signal?.reason as Error);
        });
        if (first) setTimeout(() => resolve(Response.json(error("forbidden"), { status: 403 })), 20);
      });
    const pushing = new Polyseme({ url: "http://x", fetch: refuse }).push("c", documents(9_000));
    await expect(pushing).rejects.toMatchObject({ status: 403, code: "forbidden" });
    expect(aborted).toEqual([false, true]);
  });

  it("tries again after 429, 503 and a lost connection", async () => {
    const { url, seen } = await serve((one, count) => {
      if (count === 1) return { status: 429, headers: { "retry-after": "0.01" }, body: error("overloaded") };
      if (count === 2) return { status: 503, body: error("unavailable") };
      return count === 3 ? "hang up" : takePush(one, count);
    });
    const result = await new Polyseme({ url, retry: QUICK }).push("c", documents(2));
    expect(result.accepted).toBe(1);
    expect(new Set(seen.map(({ body }) => body)).size).toBe(1);
  });

  it("tells why it waits and how long, and counts what a refused request had taken as accepted", async () => {
    const { url } = await serve((one, count) => {
      const answer = takePush(one, count);
      if (count === 1)
        return {
          status: 429,
          headers: { "retry-after": "0.02" },
          body: { error: { code: "overloaded", message: "full", details: { accepted: 3, unchanged: 0 } } },
        };
      return count === 2 ? { status: 202, body: { ticket: "t", accepted: 2, unchanged: 4, rejected: [] } } : answer;
    });
    const pauses: [number, number][] = [];
    const result = await new Polyseme({ url, retry: QUICK }).push("c", documents(6), {
      onPause: ({ error: { status }, pauseMs }) => pauses.push([status, Math.floor(pauseMs / 20)]),
    });
    expect(result).toMatchObject({ accepted: 5, unchanged: 1 });
    expect(pauses).toEqual([[429, 1]]);
  });

  it("goes on for as long as a full server takes a part each time", async () => {
    const { url, seen } = await serve((one, count) =>
      count <= 6
        ? { status: 429, body: { error: { code: "overloaded", message: "full", details: { accepted: 1 } } } }
        : takePush(one, count),
    );
    const retry = { ...QUICK, overloadedAttempts: 2 };
    await new Polyseme({ url, retry }).push("c", documents(9));
    expect(seen).toHaveLength(7);
  });

  it("gives up after a bounded number of tries, and at once on a refusal", async () => {
    const { url, seen } = await serve(({ line }) => ({
      status: line.includes("/full/") ? 503 : 400,
      body: error("unavailable"),
    }));
    const client = new Polyseme({ url, retry: QUICK });
    await expect(client.push("full", documents(1))).rejects.toMatchObject({ status: 503, code: "unavailable" });
    expect(seen).toHaveLength(4);
    await expect(client.push("bad", documents(1))).rejects.toBeInstanceOf(PolysemeRequestError);
    expect(seen).toHaveLength(5);
  });

  it("stops when the signal is aborted", async () => {
    const { url, seen } = await serve(() => ({
      status: 429,
      body: error("overloaded"),
      headers: { "retry-after": new Date(Date.now() + 60_000).toUTCString() },
    }));
    const stop = new AbortController();
    const pushing = new Polyseme({ url }).push("c", documents(1), {
      signal: stop.signal,
      onPause: () => setTimeout(() => stop.abort(new Error("told to stop")), 20),
    });
    const startedMs = performance.now();
    await expect(pushing).rejects.toThrow("told to stop");
    expect(performance.now() - startedMs).toBeLessThan(5_000);
    expect(seen).toHaveLength(1);
  });
});

describe("ticket", () => {
  it("waits for all parts and sums them, asking none again that is done", async () => {
    const asked: string[] = [];
    const { url } = await serve((one, count) => {
      if (one.line.startsWith("POST")) return takePush(one, count);
      asked.push(one.line);
      const pending = asked.length === 1 ? 3 : 0;
      const failures = pending === 0 ? [{ id: "x", code: "encode_failed", message: "why" }] : [];
      const rest = { total: 10, failed: failures.length, pending, deleted: 0, tokens: 7, failures };
      return { status: 200, body: { ...rest, stored: 10 - pending - failures.length } };
    });
    const { ticket } = await new Polyseme({ url }).push("c", documents(6_000));
    const status = await ticket.wait();
    expect(status).toMatchObject({ total: 20, stored: 18, failed: 2, pending: 0, tokens: 14 });
    expect(status.failures).toHaveLength(2);
    expect(asked).toEqual([
      "GET /v1/tickets/t1?wait=30s",
      "GET /v1/tickets/t1?wait=30s",
      "GET /v1/tickets/t2?wait=30s",
    ]);
    await ticket.status();
    expect(asked).toHaveLength(3);
  });
});

describe("calls", () => {
  it("escapes names, and reads a server that is not ready", async () => {
    const { url, seen } = await serve(({ line }) =>
      line.includes("readyz")
        ? { status: 503, body: { status: "not ready", checks: { queue: "away" } } }
        : { status: 200, body: { deleted: 1 } },
    );
    const client = new Polyseme({ url: `${url}/` });
    expect(await client.ready()).toEqual({ ready: false, checks: { queue: "away" } });
    await client.documents.get("c", "a/b ü", { include: ["chunks"] });
    expect(await client.documents.delete("c", "..")).toBe(1);
    expect(seen.slice(1).map(({ line }) => line)).toEqual([
      "GET /v1/collections/c/documents/a%2Fb%20%C3%BC?include=chunks",
      "POST /v1/collections/c/documents/delete",
    ]);
  });

  it("deletes a list of ids or what a filter keeps", async () => {
    const { url, seen } = await serve(() => ({ status: 200, body: { deleted: 2 } }));
    const client = new Polyseme({ url });
    expect(await client.documents.delete("c", ["a", "b"])).toBe(2);
    expect(await client.documents.delete("c", { filter: { lang: { $ne: "en" } } })).toBe(2);
    expect(seen.map(({ body }) => body)).toEqual(['{"ids":["a","b"]}', '{"filter":{"lang":{"$ne":"en"}}}']);
  });

  it("says what is wrong with a server that is away or another one", async () => {
    const { url } = await serve(() => ({ status: 404, body: "hello" }));
    await expect(new Polyseme({ url }).health()).rejects.toMatchObject({ status: 404, code: "bad_answer" });
    const away = new Polyseme({ url: "http://127.0.0.1:9", retry: { attempts: 1 } });
    await expect(away.health()).rejects.toMatchObject({ status: 0, code: "unreachable" });
    expect(() => new Polyseme({ url: "localhost" })).toThrow("is not a URL");
  });
});

function error(code: string): unknown {
  return { error: { code, message: `it is ${code}` } };
}

describe("senses", () => {
  it("asks for a word with whatever signs it has, and for a limit only when there is one", async () => {
    const { url, seen } = await serve(() => ({ status: 200, body: { uses: 0 } }));
    const client = new Polyseme({ url });
    expect(await client.senses("c", "C++ & 苹果")).toEqual({ uses: 0 });
    await client.senses("c", "a", { limit: 5 });
    const queries = seen.map(({ line }) => new URL(line.split(" ")[1] ?? "", url).searchParams);
    expect(queries.map((query) => [query.get("word"), query.get("limit")])).toEqual([
      ["C++ & 苹果", null],
      ["a", "5"],
    ]);
  });

  it("sends a sense as it is given", async () => {
    const { url, seen } = await serve(() => ({ status: 200, body: { hits: [] } }));
    await new Polyseme({ url }).search("c", { sense: { text: "An apple fell.", span: [3, 8] }, k: 2 });
    expect(JSON.parse(seen[0]?.body ?? "")).toEqual({ sense: { text: "An apple fell.", span: [3, 8] }, k: 2 });
  });
});
