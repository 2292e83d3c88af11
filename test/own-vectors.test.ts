import { describe, expect, inject, test } from "vitest";
import { expectStatus, HttpCaller, type Answer } from "./support/http.ts";
import { useServices } from "./support/services.ts";

const databaseUrl = inject("databaseUrl");
const redisUrl = inject("redisUrl");
const PATH = "/v1/collections/mine";
const DIMENSIONS = 4;

const base64 = (numbers: readonly number[]): string =>
  Buffer.from(Float32Array.from(numbers).buffer).toString("base64");

describe.skipIf(databaseUrl === null || redisUrl === null)("documents that bring their vectors", () => {
  const services = useServices(databaseUrl, redisUrl);

  test("are stored and found without an embedder, by the rules of every other document", async () => {
    const [door, reader] = await Promise.all([services.start("ingest"), services.start("api")]);
    const [ingest, api] = [new HttpCaller(door.url), new HttpCaller(reader.url)];
    const search = (body: Record<string, unknown>): Promise<Answer> => api.call("POST", `${PATH}/search`, body);
    const chunksOf = async (id: string): Promise<unknown> =>
      (await api.call("GET", `${PATH}/documents/${id}?include=chunks,embeddings`)).body["chunks"];

    expect((await api.call("PUT", PATH, { model: "none" })).body).toMatchObject({
      error: { code: "invalid", details: { field: "dimensions" } },
    });
    expect((await api.call("PUT", PATH, { dimensions: 5 })).body).toMatchObject({
      error: { code: "invalid", details: { field: "dimensions" } },
    });
    expect((await api.call("PUT", PATH, { model: "none", dimensions: 4, lateChunking: true })).status).toBe(400);
    expectStatus(await api.call("PUT", PATH, { model: "none", dimensions: DIMENSIONS }), 201);
    expect((await api.call("PUT", PATH, { model: "none", dimensions: DIMENSIONS })).status).toBe(200);
    expect((await api.call("PUT", PATH, { model: "none", dimensions: 5 })).status).toBe(409);
    expect((await api.call("POST", `${PATH}/migrate`, { model: "all-MiniLM-L6-v2" })).status).toBe(409);

    const text = "First part. Second part 👍.";
    const pushed = await ingest.push("mine", [
      { id: "whole", text: "One vector.", embedding: [3, 0, 0, 4] },
      {
        id: "parts",
        text,
        metadata: { kind: "two" },
        chunks: [
          { start: 0, end: 11, embedding: base64([0, 1, 0, 0]) },
          { start: 12, end: text.length, embedding: [0, 0, 1, 0.1] },
        ],
      },
    ]);
    expect(pushed).toMatchObject({ accepted: 2, unchanged: 0, rejected: [] });
    expect((await ingest.call("GET", `/v1/tickets/${pushed.ticket}`)).body).toMatchObject({
      total: 2,
      stored: 2,
      pending: 0,
      tokens: 0,
    });
    expect(await chunksOf("whole")).toMatchObject([{ start: 0, end: 11, embedding: [3, 0, 0, 4] }]);
    expect((await search({ vector: [0, 0, 1, 0], k: 1 })).body["hits"]).toMatchObject([
      { id: "parts", metadata: { kind: "two" }, chunk: { ordinal: 1, start: 12, text: "Second part 👍." } },
    ]);
    expect((await search({ query: "words" })).body).toMatchObject({
      error: { code: "invalid", message: expect.stringContaining("no model") as string, details: { field: "query" } },
    });

    // The same again is unchanged; another vector, and fewer chunks, are a new version.
    const again = [{ id: "whole", text: "One vector.", embedding: base64([3, 0, 0, 4]) }];
    expect(await ingest.push("mine", again)).toMatchObject({ accepted: 0, unchanged: 1 });
    expect(await ingest.push("mine", [{ id: "whole", text: "One vector.", embedding: [3, 0, 0, 5] }])).toMatchObject({
      accepted: 1,
    });
    expect(await ingest.push("mine", [{ id: "parts", text, embedding: [0, 1, 0, 0] }])).toMatchObject({ accepted: 1 });
    expect(await chunksOf("whole")).toMatchObject([{ embedding: [3, 0, 0, 5] }]);
    expect(await chunksOf("parts")).toHaveLength(1);
    expect((await api.call("GET", `${PATH}/documents/parts`)).body).toMatchObject({ version: 2, state: "stored" });
    // Other metadata alone leaves the vectors.
    await ingest.push("mine", [{ id: "parts", text, embedding: [0, 1, 0, 0], metadata: { kind: "one" } }]);
    expect((await search({ vector: [0, 1, 0, 0], k: 1 })).body["hits"]).toMatchObject([
      { id: "parts", metadata: { kind: "one" } },
    ]);
    expect((await ingest.call("DELETE", `${PATH}/documents/parts`)).status).toBe(200);
    expect(await search({ vector: [0, 1, 0, 0] })).toMatchObject({ body: { hits: [{ id: "whole" }] } });
    expect((await api.call("GET", PATH)).body).toMatchObject({
      model: "none",
      dimensions: DIMENSIONS,
      documents: { total: 1, stored: 1, queued: 0 },
    });

    const refused = await ingest.push("mine", [
      { id: "a", text: "None." },
      { id: "b", text: "Short.", embedding: [1, 2, 3] },
      { id: "c", text: "Zeros.", embedding: [0, 0, 0, 0] },
      { id: "d", text: "Not a number.", embedding: base64([1, NaN, 0, 0]) },
      { id: "e", text: "A word.", embedding: [1, "2", 3, 4] },
      { id: "f", text: "Too large.", embedding: [1, 2, 1e39, 4] },
      { id: "g", text: "As good as zeros.", embedding: [1e-30, 0, 0, 0] },
      {
        id: "h",
        text: "Out.",
        chunks: [
          { start: 0, end: 4, embedding: [1, 0, 0, 0] },
          { start: 2, end: 9, embedding: [1] },
        ],
      },
      { id: "i", text: "👍 cut", chunks: [{ start: 1, end: 4, embedding: [1, 0, 0, 0] }] },
      { id: "j", text: "Both.", embedding: [1, 0, 0, 0], chunks: [] },
      { id: "k", text: "No chunk.", chunks: [] },
      { id: "fine", text: "Its neighbours harm it not.", embedding: [1, 1, 1, 1] },
    ]);
    expect(refused.accepted).toBe(1);
    expect(refused.rejected.map(({ index, field }) => [index, field])).toEqual([
      [0, "embedding"],
      [1, "embedding"],
      [2, "embedding"],
      [3, "embedding[1]"],
      [4, "embedding[1]"],
      [5, "embedding[2]"],
      [6, "embedding"],
      [7, "chunks[1].end"],
      [8, "chunks[0]"],
      [9, "embedding"],
      [10, "chunks"],
    ]);
    const alone = await ingest.call("POST", `${PATH}/documents`, { id: "x", text: "Alone.", embedding: [1] });
    expect(alone).toMatchObject({ status: 400, body: { error: { details: { field: "embedding" } } } });

    // Where a model makes the vectors, none is taken; a collection made anew is seen for what it is.
    expect((await ingest.push("other", [{ id: "x", text: "Given.", embedding: [1, 0, 0, 0] }])).rejected).toMatchObject(
      [{ field: "embedding", code: "invalid" }],
    );
    expectStatus(await api.call("DELETE", PATH), 200);
    expectStatus(await api.call("PUT", PATH, { model: "none", dimensions: 2 }), 201);
    const anew = async (): Promise<number> =>
      (await ingest.push("mine", [{ id: "n", text: "New.", embedding: [1, 2] }])).accepted;
    await expect.poll(anew, { timeout: 5_000 }).toBe(1);
  });
});
