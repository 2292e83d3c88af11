import { fileURLToPath } from "node:url";
import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";
import { Polyseme } from "@polyseme/client";
import { serveMcpHttp, type McpHttpOptions } from "@polyseme/mcp";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { programArguments } from "./support/compiled.ts";
import { openApp } from "./support/open-app.ts";
import { statusOf } from "./support/raw-status.ts";
import { startEmbeddedStack, type TestStack } from "./support/stack.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const KEY = "a-key-for-the-mcp-tests";
const CLI = [...programArguments("packages/cli/src/main.ts"), "mcp"];
const TOOLS = ["get_document", "inspect", "list_collections", "push", "search"];

let stack: TestStack;
const open: (() => Promise<void>)[] = [];

beforeAll(async () => {
  stack = await startEmbeddedStack({ POLYSEME_API_KEYS: KEY });
});
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});
afterAll(() => stack.stop());

/** The official client over a child process's standard streams, as assistants start one. */
async function overStdio(...flags: string[]): Promise<Client> {
  const env = { PATH: process.env["PATH"] ?? "", POLYSEME_URL: stack.http.url, POLYSEME_API_KEY: KEY };
  const transport = new StdioClientTransport({ command: process.execPath, args: [...CLI, ...flags], env, cwd: ROOT });
  return connected(new Client({ name: "test", version: "1" }), transport);
}

/** The official client over HTTP, with this key. */
async function overHttp(url: string, key: string | undefined): Promise<Client> {
  const headers: Record<string, string> = key === undefined ? {} : { authorization: `Bearer ${key}` };
  const transport = new StreamableHTTPClientTransport(new URL(url), { requestInit: { headers } });
  return connected(new Client({ name: "test", version: "1" }), transport);
}

async function connected(client: Client, transport: Parameters<Client["connect"]>[0]): Promise<Client> {
  await client.connect(transport);
  open.push(() => client.close());
  return client;
}

/** Serves MCP over HTTP in this process; answers its URL. */
async function serveHttp(options: Partial<McpHttpOptions> = {}): Promise<string> {
  const { url } = stack.http;
  const stop = new AbortController();
  let served: Promise<void> = Promise.resolve();
  const at = await new Promise<string>((resolve, reject) => {
    served = serveMcpHttp({
      host: "127.0.0.1",
      port: 0,
      url,
      clientFor: (apiKey) => new Polyseme({ url, apiKey }),
      version: "1",
      collection: "default",
      readOnly: false,
      compareWords: () => [],
      signal: stop.signal,
      onListening: resolve,
      ...options,
    });
    served.catch(reject);
  });
  open.push(async () => {
    stop.abort();
    await served;
  });
  return at;
}

/** What a tool answered: its one text, as JSON where it is no refusal. */
async function call(client: Client, name: string, args: Record<string, unknown>): Promise<Record<string, unknown>> {
  const { content, isError } = await client.callTool({ name, arguments: args });
  const [first] = content as { type: string; text: string }[];
  if (isError === true) return { refused: first?.text };
  return JSON.parse(first?.text ?? "") as Record<string, unknown>;
}

describe("over standard input and output", () => {
  test("an assistant pushes, finds, reads and inspects", async () => {
    const client = await overStdio("--collection", "notes");
    expect((await client.listTools()).tools.map(({ name }) => name).sort()).toEqual(TOOLS);

    const river = `The boat lay at the bank of the river. ${"It rained. ".repeat(1_200)}The end.`;
    const pushed = await call(client, "push", {
      documents: [
        { id: "a/1", text: "She paid the money in at the bank.", metadata: { topic: "money" } },
        { id: "a/2", text: river, title: "A boat" },
        { id: "a/3", text: " " },
      ],
    });
    expect(pushed["refused"]).toContain('"stored":2');
    expect(pushed["refused"]).toContain("empty or only white space");

    const found = await call(client, "search", { query: "depositing cash", k: 1 });
    expect(found).toEqual({
      hits: [
        {
          id: "a/1",
          score: expect.any(Number) as number,
          text: "She paid the money in at the bank.",
          start: 0,
          end: 34,
          metadata: { topic: "money" },
        },
      ],
    });

    const read = await call(client, "get_document", { id: "a/2" });
    expect(read).toMatchObject({
      title: "A boat",
      state: "stored",
      total_characters: river.length,
      next_offset: 8_000,
    });
    const rest = await call(client, "get_document", { id: "a/2", offset: 8_000, characters: 20_000 });
    expect(`${read["text"] as string}${rest["text"] as string}`).toBe(river);
    expect(rest).not.toHaveProperty("next_offset");

    const { collections } = await call(client, "list_collections", {});
    expect(collections).toMatchObject([{ name: "notes", documents: { total: 2, stored: 2 } }]);

    const words = await call(client, "inspect", { text: "money in the bank", other: "the river bank" });
    expect(words["shared_words"]).toMatchObject([
      { word: "the" },
      { word: "bank", staticCosine: expect.closeTo(1, 3) as number },
    ]);
    const { contents } = await client.readResource({ uri: "polyseme://documents/notes/a%2F1" });
    expect(contents).toMatchObject([{ mimeType: "text/plain", text: "She paid the money in at the bank." }]);
  });

  test("read-only leaves out what changes something", async () => {
    const client = await overStdio("--read-only");
    expect((await client.listTools()).tools.map(({ name }) => name)).not.toContain("push");
    await expect(client.callTool({ name: "push", arguments: { documents: [] } })).rejects.toThrow(/push/);
    expect((await call(client, "search", { query: "x", collection: "no-such" }))["refused"]).toMatch(/^not_found: /);
    expect((await client.callTool({ name: "search", arguments: { query: "x", k: 1_000 } })).isError).toBe(true);
  });
});

describe("over HTTP", () => {
  test("each caller acts with its own key, and without one as far as the server behind lets it", async () => {
    const url = await serveHttp();
    const client = await overHttp(url, KEY);
    expect((await client.listTools()).tools.map(({ name }) => name).sort()).toEqual(TOOLS);
    expect(await call(client, "list_collections", {})).toHaveProperty("collections");
    const stranger = await overHttp(url, undefined);
    expect((await call(stranger, "list_collections", {}))["refused"]).toMatch(/^unauthorized: /);
  });

  test("an answer is bounded, however much is found", async () => {
    const texts = Array.from(
      { length: 40 },
      (_, i) => `Page ${i} of the book of rain. ${"It rained again. ".repeat(45)}`,
    );
    await stack.http.call(
      "POST",
      "/v1/collections/rain/documents",
      { documents: texts.map((text, i) => ({ id: String(i), text, metadata: { note: "x".repeat(5_000) } })) },
      { authorization: `Bearer ${KEY}` },
    );
    const client = await overHttp(await serveHttp({ collection: "rain" }), KEY);
    await expect
      .poll(async () => (await call(client, "search", { query: "rain", k: 50 }))["left_out_to_keep_it_short"], {
        timeout: 30_000,
      })
      .toBeGreaterThan(10);
    const { content } = await client.callTool({ name: "search", arguments: { query: "rain", k: 50 } });
    expect(JSON.stringify(content).length).toBeLessThan(40_000);
  });

  test("another site's page and another name for this machine are refused", async () => {
    const url = await serveHttp();
    const ask = async (headers: Record<string, string>): Promise<number> => {
      const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/list" });
      const type = { "content-type": "application/json", accept: "application/json, text/event-stream" };
      return statusOf(url, { ...type, ...headers }, body);
    };
    expect(await ask({})).toBe(200);
    expect(await ask({ origin: "http://localhost:3000" })).toBe(200);
    expect(await ask({ origin: "https://evil.example" })).toBe(403);
    expect(await ask({ origin: "null" })).toBe(403);
    expect(await ask({ host: "evil.example" })).toBe(403);
  });

  test("beyond this machine a key is asked for and looked at, and none is lent", async () => {
    const url = (await serveHttp({ host: "0.0.0.0" })).replace("0.0.0.0", "127.0.0.1");
    await expect(overHttp(url, undefined)).rejects.toThrow();
    await expect(overHttp(url, "a-wrong-key-of-some-length")).rejects.toThrow();
    const client = await overHttp(url, KEY);
    expect(await call(client, "list_collections", {})).toHaveProperty("collections");
  });

  test("a server that wants no key is not opened to other machines", async () => {
    // It lets everybody in, as a server without keys does on loopback.
    const keyless = openApp();
    open.push(() => keyless.close());
    keyless.get("/v1/models", { config: { needs: "read" } }, () => ({ object: "list", data: [] }));
    const url = await keyless.listen({ port: 0 });
    await expect(serveHttp({ host: "0.0.0.0", url })).rejects.toThrow(/Make a key/);
  });
});
