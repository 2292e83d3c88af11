import { InferenceClient } from "@huggingface/inference";
import { Document } from "@langchain/core/documents";
import { StringOutputParser } from "@langchain/core/output_parsers";
import { RunnableLambda } from "@langchain/core/runnables";
import { OpenAIEmbeddings } from "@langchain/openai";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { PolysemeRetriever, PolysemeVectorStore as LangChainStore } from "@polyseme/langchain";
import { PolysemeEmbedding, PolysemeVectorStore as LlamaStore } from "@polyseme/llamaindex";
import { Document as LlamaDocument, Settings, storageContextFromDefaults, VectorStoreIndex } from "llamaindex";
import OpenAI, { BadRequestError, NotFoundError } from "openai";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { CLI, KEY, start, startServer } from "./server.mjs";

const MODEL = "all-MiniLM-L6-v2";
const DIMENSIONS = 384;
const TEXTS = [
  "The boat lay at the bank of the river.",
  "She paid the money in at the bank.",
  "The volcano threw ash over the valley.",
  "Bake the bread for forty minutes.",
];

let server;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.stop());

const cosine = (a, b) => a.reduce((sum, value, i) => sum + value * b[i], 0);

describe("openai", () => {
  const client = () => new OpenAI({ apiKey: KEY, baseURL: `${server.url}/v1`, maxRetries: 0 });

  test("embeds one text, 2,048 texts and tokens", async () => {
    const one = await client().embeddings.create({ model: MODEL, input: TEXTS[0] });
    expect(one.data[0].embedding).toHaveLength(DIMENSIONS);
    expect(cosine(one.data[0].embedding, one.data[0].embedding)).toBeCloseTo(1, 5);
    const many = await client().embeddings.create({ model: MODEL, input: Array(2_048).fill("cat") });
    expect(many.data).toHaveLength(2_048);
    expect(many.usage.total_tokens).toBe(2_048 * 3);
    const tokens = await client().embeddings.create({ model: MODEL, input: [4937], encoding_format: "float" });
    expect(tokens.data[0].embedding).toEqual(many.data[2_047].embedding);
  });

  test("lists models and makes its own errors", async () => {
    const ids = [];
    for await (const { id } of client().models.list()) ids.push(id);
    expect(ids).toContain(MODEL);
    expect((await client().models.retrieve(MODEL)).id).toBe(MODEL);
    await expect(client().models.retrieve("gpt-4o")).rejects.toBeInstanceOf(NotFoundError);
    const wrong = client().embeddings.create({ model: "text-embedding-3-small", input: "x" });
    await expect(wrong).rejects.toBeInstanceOf(BadRequestError);
    await expect(wrong).rejects.toMatchObject({ code: "invalid", param: "model", type: "invalid_request_error" });
  });
});

describe("LangChain", () => {
  test("OpenAIEmbeddings embeds queries and more documents than go into one request", async () => {
    const embeddings = new OpenAIEmbeddings({
      model: MODEL,
      apiKey: KEY,
      configuration: { baseURL: `${server.url}/v1` },
    });
    const vectors = await embeddings.embedDocuments([...TEXTS, ...Array(600).fill("cat")]);
    expect(vectors).toHaveLength(TEXTS.length + 600);
    const query = await embeddings.embedQuery("an eruption");
    const nearest = vectors.slice(0, 4).map((vector) => cosine(vector, query));
    expect(nearest.indexOf(Math.max(...nearest))).toBe(2);
  });

  test("our store and retriever work in its chains", async () => {
    const config = { url: server.url, apiKey: KEY, collection: "langchain" };
    const documents = TEXTS.map((pageContent, i) => new Document({ pageContent, id: `t${i}`, metadata: { i } }));
    const store = await LangChainStore.fromDocuments(documents, undefined, config);
    const first = (found) => `${found[0].id}: ${found[0].pageContent}`;
    const chain = store
      .asRetriever({ k: 2 })
      .pipe(new RunnableLambda({ func: first }))
      .pipe(new StringOutputParser());
    expect(await chain.invoke("an eruption")).toBe(`t2: ${TEXTS[2]}`);
    const diverse = store.asRetriever({ k: 2, searchType: "mmr", searchKwargs: { fetchK: 4, lambda: 0.5 } });
    expect(await diverse.invoke("a bank")).toHaveLength(2);
    const retriever = new PolysemeRetriever({ ...config, search: { k: 1 } });
    expect((await retriever.batch(["baking", "a ship"])).map(([found]) => found.id)).toEqual(["t3", "t0"]);
  });
});

describe("LlamaIndex", () => {
  test("VectorStoreIndex adds, retrieves and deletes", async () => {
    const connection = { url: server.url, apiKey: KEY };
    Settings.embedModel = new PolysemeEmbedding(connection);
    const vectorStore = new LlamaStore({ ...connection, collection: "llamaindex" });
    const storageContext = await storageContextFromDefaults({ vectorStore });
    const documents = TEXTS.map((text, i) => new LlamaDocument({ text, id_: `d${i}`, metadata: { i } }));
    const index = await VectorStoreIndex.fromDocuments(documents, { storageContext });
    const retriever = index.asRetriever({ similarityTopK: 2 });
    const [first] = await retriever.retrieve({ query: "an eruption" });
    expect(first.node.text).toBe(TEXTS[2]);
    expect(first.node.metadata).toEqual({ i: 2 });
    expect(first.node.sourceNode.nodeId).toBe("d2");
    expect(first.score).toBeGreaterThan(0.3);
    const again = await VectorStoreIndex.fromVectorStore(vectorStore);
    const [same] = await again.asRetriever({ similarityTopK: 1 }).retrieve({ query: "an eruption" });
    expect(same.node.id_).toBe(first.node.id_);
    await index.deleteRefDoc("d2", false);
    const left = await retriever.retrieve({ query: "an eruption" });
    expect(left.map(({ node }) => node.text)).not.toContain(TEXTS[2]);
  });
});

describe("@huggingface/inference", () => {
  test("featureExtraction and sentenceSimilarity take a URL of ours", async () => {
    const client = new InferenceClient(KEY);
    const vectors = await client.featureExtraction({ endpointUrl: `${server.url}/embed`, inputs: TEXTS });
    expect(vectors.map((vector) => vector.length)).toEqual(TEXTS.map(() => DIMENSIONS));
    const similar = await client.sentenceSimilarity({
      endpointUrl: `${server.url}/similarity`,
      inputs: { source_sentence: "an eruption", sentences: TEXTS },
    });
    expect(similar.indexOf(Math.max(...similar))).toBe(2);
    const empty = client.featureExtraction({ endpointUrl: `${server.url}/embed`, inputs: [] });
    await expect(empty).rejects.toThrow(/cannot be empty/);
  });
});

describe("@modelcontextprotocol/sdk, the client of most assistants", () => {
  const tools = ["get_document", "inspect", "list_collections", "search"];

  async function tryOut(transport) {
    const client = new Client({ name: "test", version: "1" });
    await client.connect(transport);
    try {
      const listed = await client.listTools();
      expect(listed.tools.map(({ name }) => name).sort()).toEqual(tools);
      const { content } = await client.callTool({ name: "list_collections", arguments: {} });
      expect(JSON.parse(content[0].text).collections).toBeInstanceOf(Array);
    } finally {
      await client.close();
    }
  }

  test("over standard input and output", async () => {
    const env = { PATH: process.env.PATH, POLYSEME_URL: server.url, POLYSEME_API_KEY: KEY };
    await tryOut(new StdioClientTransport({ command: process.execPath, args: [CLI, "mcp", "--read-only"], env }));
  });

  test("over HTTP", async () => {
    const mcp = await start(["mcp", "--http", "0", "--read-only"], { POLYSEME_URL: server.url });
    try {
      const requestInit = { headers: { authorization: `Bearer ${KEY}` } };
      await tryOut(new StreamableHTTPClientTransport(new URL(mcp.url), { requestInit }));
    } finally {
      await mcp.stop();
    }
  });
});
