import { Document } from "@langchain/core/documents";
import { Polyseme } from "@polyseme/client";
import { PolysemeEmbeddings, PolysemeRetriever, PolysemeVectorStore } from "@polyseme/langchain";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startEmbeddedStack, type TestStack } from "./support/stack.ts";

const TEXTS = [
  "The boat lay at the bank of the river.",
  "The ship lay at the bank of the stream.",
  "She paid the money in at the bank.",
  "The volcano threw ash over the valley.",
];
const VOLCANO = TEXTS[3] ?? "";

let stack: TestStack;
let client: Polyseme;

beforeAll(async () => {
  stack = await startEmbeddedStack();
  client = new Polyseme({ url: stack.http.url });
});
afterAll(() => stack.stop());

/** A store of its own with the texts, which are `t0` to `t3`. */
async function filled(collection: string): Promise<PolysemeVectorStore> {
  const documents = TEXTS.map((pageContent, i) => new Document({ pageContent, id: `t${i}`, metadata: { i } }));
  return PolysemeVectorStore.fromDocuments(documents, undefined, { client, collection });
}

const idsOf = (found: readonly { id?: string | undefined }[]): (string | undefined)[] => found.map(({ id }) => id);

describe("LangChain's vector store", () => {
  test("gives back what was added: text, metadata and id", async () => {
    const store = await filled("given-back");
    const found = await store.similaritySearch("an eruption", 1);
    expect(found).toEqual([new Document({ id: "t3", pageContent: VOLCANO, metadata: { i: 3 } })]);
    expect(await store.similaritySearch("an eruption")).toHaveLength(4);
  });

  test("fromTexts takes one metadata for all or one each, and makes ids", async () => {
    const config = { client, collection: "from-texts" };
    const each = await PolysemeVectorStore.fromTexts(TEXTS.slice(0, 2), [{ n: 0 }, { n: 1 }], undefined, config);
    expect((await each.similaritySearch("ship", 1))[0]?.metadata).toEqual({ n: 1 });
    const [id] = await each.addDocuments([{ pageContent: VOLCANO, metadata: {} }]);
    expect(id).toMatch(/^[0-9a-f-]{36}$/);
    await PolysemeVectorStore.fromTexts([VOLCANO], { all: true }, undefined, { ...config, ids: ["v"] });
    expect((await client.documents.get("from-texts", "v")).metadata).toEqual({ all: true });
  });

  test("scores fall, and are the same for a text and for its vector", async () => {
    const store = await filled("scored");
    const byText = await store.similaritySearchWithScore("a place to keep cash", 4);
    const scores = byText.map(([, score]) => score);
    expect(scores).toEqual([...scores].sort((a, b) => b - a));
    const vector = await new PolysemeEmbeddings({ client }).embedQuery("a place to keep cash");
    const byVector = await store.similaritySearchVectorWithScore(vector, 4);
    expect(idsOf(byVector.map(([found]) => found))).toEqual(idsOf(byText.map(([found]) => found)));
    byVector.forEach(([, score], i) => {
      expect(score).toBeCloseTo(scores[i] ?? NaN, 5);
    });
  });

  test("an id that is added again is replaced, and deleted ones are found no more", async () => {
    const store = await filled("changed");
    await store.addDocuments([{ pageContent: "Bake the bread.", metadata: { new: true } }], { ids: ["t3"] });
    expect(await store.similaritySearch("baking", 1)).toMatchObject([{ id: "t3", metadata: { new: true } }]);
    await expect(store.delete({})).rejects.toThrow("either { ids } or { filter }");
    await store.delete({ ids: ["t3", "never-there"] });
    expect(idsOf(await store.similaritySearch("baking", 10)).sort()).toEqual(["t0", "t1", "t2"]);
  });

  test("maxMarginalRelevanceSearch passes over what says the same again", async () => {
    const store = await filled("diverse");
    expect(idsOf(await store.similaritySearch("a boat at the river bank", 2))).toEqual(["t0", "t1"]);
    const options = { k: 2, fetchK: 4, lambda: 0.4 };
    const [first, second] = await store.maxMarginalRelevanceSearch("a boat at the river bank", options);
    expect(first?.id).toBe("t0");
    expect(second?.id).not.toBe("t1");
    expect(await store.maxMarginalRelevanceSearch("x", { k: 10 })).toHaveLength(4);
  });

  test("filters by metadata, the store's filter together with the search's", async () => {
    const store = await filled("filtered");
    expect(idsOf(await store.similaritySearch("a bank", 10, { i: { $gte: 2 } })).sort()).toEqual(["t2", "t3"]);
    const narrow = new PolysemeVectorStore(undefined, { client, collection: "filtered", filter: { i: { $lt: 3 } } });
    expect(idsOf(await narrow.similaritySearch("a bank", 10, { i: { $gte: 2 } }))).toEqual(["t2"]);
    expect(await narrow.maxMarginalRelevanceSearch("a bank", { k: 5, filter: { i: 3 } })).toEqual([]);
    expect(await store.asRetriever({ k: 9, filter: { i: { $in: [0, 1] } } }).invoke("volcano")).toHaveLength(2);
    await store.delete({ filter: { i: { $ne: 0 } } });
    expect(idsOf(await store.similaritySearch("a bank", 10))).toEqual(["t0"]);
  });

  test("says which document was not taken", async () => {
    const store = new PolysemeVectorStore(undefined, { client, collection: "faults" });
    const bad = [
      { pageContent: "Good.", metadata: {} },
      { pageContent: " ", metadata: {} },
    ];
    await expect(store.addDocuments(bad)).rejects.toThrow(/^1 of 2 documents were not taken: number 2: text is empty/);
    await expect(store.addDocuments(bad, { ids: ["one"] })).rejects.toThrow("1 ids for 2 documents");
    expect(await store.addDocuments([])).toEqual([]);
  });

  test("works as a retriever, and PolysemeRetriever says all that a search may", async () => {
    const store = await filled("retrieved");
    expect(idsOf(await store.asRetriever(2).invoke("an eruption"))[0]).toBe("t3");
    expect(await store.asRetriever({ k: 2, searchType: "mmr" }).invoke("bank")).toHaveLength(2);
    const retriever = new PolysemeRetriever({
      url: stack.http.url,
      collection: "retrieved",
      search: { k: 1 },
      placeKey: "place",
    });
    const [found] = await retriever.invoke("an eruption");
    expect(found).toMatchObject({ id: "t3", metadata: { i: 3, place: { ordinal: 0, start: 0, end: VOLCANO.length } } });
  });
});

test("LangChain's embeddings are the server's", async () => {
  const embeddings = new PolysemeEmbeddings({ client, model: "all-MiniLM-L6-v2" });
  const vectors = await embeddings.embedDocuments(TEXTS);
  expect(vectors[3]).toEqual((await client.inspect(VOLCANO)).embedding);
  expect(await embeddings.embedQuery(VOLCANO)).toEqual(vectors[3]);
  expect(await embeddings.embedDocuments([])).toEqual([]);
});

test("filters of the store and of the search are sent together", async () => {
  const bodies: unknown[] = [];
  const listening: typeof fetch = (_url, init) => {
    bodies.push(JSON.parse(init?.body as string));
    return Promise.resolve(Response.json({ hits: [], timing: {} }));
  };
  const config = {
    client: new Polyseme({ url: "http://127.0.0.1:1", fetch: listening }),
    collection: "c",
    filter: { a: 1 },
  };
  const store = new PolysemeVectorStore(undefined, { ...config, mode: "hybrid", group: "chunk" });
  await store.similaritySearch("q", 3, { b: { $gt: 2 } });
  await store.similaritySearchVectorWithScore([1, 0], 3);
  expect(bodies).toEqual([
    { query: "q", mode: "hybrid", k: 3, group: "chunk", filter: { $and: [{ a: 1 }, { b: { $gt: 2 } }] } },
    { vector: [1, 0], k: 3, group: "chunk", filter: { a: 1 } },
  ]);
});
