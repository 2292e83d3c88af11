import { TextNode, type BaseNode, NodeRelationship } from "@llamaindex/core/schema";
import { VectorStoreQueryMode } from "@llamaindex/core/vector-store";
import { Polyseme } from "@polyseme/client";
import { PolysemeEmbedding, PolysemeVectorStore } from "@polyseme/llamaindex";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startEmbeddedStack, type TestStack } from "./support/stack.ts";

let stack: TestStack;
let client: Polyseme;

beforeAll(async () => {
  stack = await startEmbeddedStack();
  client = new Polyseme({ url: stack.http.url });
});
afterAll(() => stack.stop());

function node(id: string, text: string, source: string): TextNode {
  const relationships = { [NodeRelationship.SOURCE]: { nodeId: source, metadata: {} } };
  return new TextNode({ id_: id, text, metadata: { source }, relationships });
}

const NODES = [
  node("n0", "The boat lay at the bank of the river.", "boats"),
  node("n1", "She paid the money in at the bank.", "money"),
  node("n2", "The volcano threw ash over the valley.", "volcano"),
];
const DEFAULT = { similarityTopK: 2, mode: VectorStoreQueryMode.DEFAULT };
const textOf = (found: BaseNode | undefined): string => (found instanceof TextNode ? found.text : "");

describe("LlamaIndex's vector store", () => {
  test("gives back the nodes that were added, by a text and by its vector", async () => {
    const store = new PolysemeVectorStore({ client, collection: "nodes" });
    expect(store.storesText).toBe(true);
    expect(await store.add(NODES)).toEqual(["n0", "n1", "n2"]);
    const { nodes = [], ids, similarities } = await store.query({ ...DEFAULT, queryStr: "an eruption" });
    expect(ids[0]).toBe("n2");
    expect(similarities[0]).toBeGreaterThan(similarities[1] ?? 1);
    expect(textOf(nodes[0])).toBe("The volcano threw ash over the valley.");
    expect(nodes[0]?.id_).toBe("n2");
    expect(nodes[0]?.metadata).toEqual({ source: "volcano" });
    expect(nodes[0]?.sourceNode?.nodeId).toBe("volcano");
    const queryEmbedding = await new PolysemeEmbedding({ client }).getTextEmbedding("an eruption");
    expect((await store.query({ ...DEFAULT, queryEmbedding })).ids).toEqual(ids);
    await expect(store.query({ ...DEFAULT, mode: VectorStoreQueryMode.SVM, queryStr: "x" })).rejects.toThrow(/svm/);
    await expect(store.query(DEFAULT)).rejects.toThrow("neither a text nor a vector");
    await store.persist();
  });

  test("filters, and deletes the nodes of a source", async () => {
    const store = new PolysemeVectorStore({ client, collection: "sources" });
    await store.add([...NODES, node("n3", "Another boat lay at the bank.", "boats")]);
    const filters = { filters: [{ key: "source", operator: "!=" as const, value: "boats" }] };
    const query = { ...DEFAULT, similarityTopK: 10, queryStr: "a boat" };
    expect((await store.query({ ...query, filters })).ids.sort()).toEqual(["n1", "n2"]);
    expect((await store.query({ ...query, docIds: ["boats"] })).ids.sort()).toEqual(["n0", "n3"]);
    await store.delete("boats");
    expect((await store.query(query)).ids.sort()).toEqual(["n1", "n2"]);
  });
});

test("LlamaIndex's embedding is the server's", async () => {
  const embedding = new PolysemeEmbedding({ url: stack.http.url });
  const [river, volcano] = await embedding.getTextEmbeddingsBatch(["a river", "a volcano"]);
  expect(river).toEqual((await client.inspect("a river")).embedding);
  expect(await embedding.getQueryEmbedding({ type: "text", text: "a volcano" })).toEqual(volcano);
});
