import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Polyseme } from "@polyseme/client";
import { afterEach, describe, expect, it } from "vitest";
import type { ProgressState } from "./progress.ts";
import type { SourceItem } from "./sources/source.ts";
import { upload } from "./upload.ts";

const stops: (() => void)[] = [];
afterEach(() => {
  for (const stop of stops.splice(0)) stop();
});

/** A server that is full at first and asks to wait so long, then takes and stores everything. */
async function fullAtFirst(retryAfterSeconds: number): Promise<Polyseme> {
  let pushes = 0;
  const server = createServer((request, response) => {
    const answer = (status: number, body: unknown): void => {
      response.writeHead(status, { "retry-after": String(retryAfterSeconds) }).end(JSON.stringify(body));
    };
    request.resume().on("end", () => {
      const rest = { failed: 0, pending: 0, deleted: 0, tokens: 2, failures: [] };
      if (request.method === "GET") answer(200, { ...rest, total: 1, stored: 1 });
      else if ((pushes += 1) === 1) answer(429, { error: { code: "overloaded", message: "The queue is full." } });
      else answer(202, { ticket: "t", accepted: 1, unchanged: 0, rejected: [] });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  stops.push(() => server.close());
  return new Polyseme({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
}

async function* oneDocument(): AsyncGenerator<SourceItem> {
  await Promise.resolve();
  yield { origin: "a.md", document: { id: "a", text: "A text." } };
}

describe("an upload to a full server", () => {
  it("shows that it waits and how long, then goes on", async () => {
    const shown: ProgressState[] = [];
    const view = { update: (state: ProgressState) => shown.push(state), stop: () => undefined };
    const signal = new AbortController().signal;
    const result = await upload(await fullAtFirst(1), oneDocument(), { collection: "c", signal, view, wait: true });
    expect(result).toMatchObject({ accepted: 1, stored: 1 });
    const waits = shown.flatMap(({ paused }) => paused ?? []);
    expect(waits.map(({ why }) => why)).toContain("full");
    for (const { seconds } of waits) expect(seconds).toBeLessThanOrEqual(1.1);
    expect(shown.at(-1)?.paused).toBeUndefined();
  });

  it("ends at once when it is told to", async () => {
    const stop = new AbortController();
    const view = {
      update: ({ paused }: ProgressState) => {
        if (paused !== undefined) stop.abort(new Error("told to stop"));
      },
      stop: () => undefined,
    };
    const startedMs = performance.now();
    const uploading = upload(await fullAtFirst(120), oneDocument(), {
      collection: "c",
      signal: stop.signal,
      view,
      wait: true,
    });
    await expect(uploading).rejects.toThrow("told to stop");
    expect(performance.now() - startedMs).toBeLessThan(10_000);
  });
});
