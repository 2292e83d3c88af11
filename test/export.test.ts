import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { expectStatus, type Answer } from "./support/http.ts";
import { runCliHere } from "./support/run-cli.ts";
import { startEmbeddedStack, startServerStack, type TestStack } from "./support/stack.ts";

const databaseUrl = inject("databaseUrl");
const redisUrl = inject("redisUrl");
const hasServers = databaseUrl !== null && redisUrl !== null;

const DOCUMENTS = Array.from({ length: 60 }, (_, i) => ({
  id: `d${i}`,
  title: i % 2 === 0 ? `Title ${i}` : null,
  text: Array.from(
    { length: 1 + (i % 7) },
    (_, n) => `Sentence ${n} of ${i} is about rivers, banks 👍 and bread.`,
  ).join(" "),
  metadata: { number: i, nested: { "a.b": [i, "ü"] } },
}));

interface Line {
  readonly polyseme?: string;
  readonly id: string;
  readonly chunks: readonly { start: number; end: number; tokens: number; embedding?: string | number[] }[];
}

describe.each([...(hasServers ? (["servers"] as const) : []), "embedded"] as const)("an export on %s", (kind) => {
  let stack: TestStack;
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "polyseme-export-"));
    stack = await (kind === "servers" ? startServerStack(databaseUrl ?? "", redisUrl ?? "") : startEmbeddedStack());
    expectStatus(await put("source", { chunking: { maxTokens: 24 } }), 201);
    const { ticket } = await stack.http.push("source", DOCUMENTS);
    expect(await stack.http.settled(ticket)).toMatchObject({ stored: DOCUMENTS.length });
  });
  afterAll(async () => {
    await stack.stop();
    await rm(folder, { recursive: true, force: true });
  });

  const put = (name: string, body: unknown): Promise<Answer> => stack.http.call("PUT", `/v1/collections/${name}`, body);
  const runs = (): Promise<number> => stack.http.metric("polyseme_encoder_runs_total");
  const exported = async (name: string, vectors = "base64"): Promise<string> => {
    const answer = await fetch(`${stack.http.url}/v1/collections/${name}/export?vectors=${vectors}`);
    expect(answer.status).toBe(200);
    return answer.text();
  };
  const linesOf = (text: string): Line[] =>
    text
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as Line);
  const importInto = (name: string, text: string, query = ""): Promise<Answer> =>
    stack.http.send(`/v1/collections/${name}/import${query}`, "application/x-ndjson", text);
  /** Everything but when it was stored, and which collection it is. */
  const contentOf = (text: string): unknown[] =>
    linesOf(text)
      .map((line) => ({ ...line, storedAt: undefined, collection: undefined }))
      .sort((a, b) => (a.id < b.id ? -1 : 1));
  const hits = (name: string) => stack.http.search(name, { query: "bread on a river bank", k: 20, group: "chunk" });

  test("comes back with the same vectors, bit for bit, and the same answers, without a run of the encoder", async () => {
    const text = await exported("source");
    const lines = linesOf(text);
    expect(lines[0]).toMatchObject({
      polyseme: "export",
      vectors: "base64",
      documents: 60,
      settings: { dimensions: 384 },
    });
    expect(lines).toHaveLength(62);
    expect(lines.at(-1)).toMatchObject({ polyseme: "end", documents: 60 });
    const before = await runs();
    expect(await importInto("copy", text)).toMatchObject({
      status: 202,
      body: { accepted: 60, unchanged: 0, rejected: [], vectors: "stored", complete: true },
    });
    expect(contentOf(await exported("copy"))).toEqual(contentOf(text));
    // The same again changes nothing, and so does a push of the same texts.
    expect(await importInto("copy", text)).toMatchObject({ body: { accepted: 0, unchanged: 60 } });
    expect(await stack.http.push("copy", DOCUMENTS)).toMatchObject({ accepted: 0, unchanged: 60 });
    expect(await runs()).toBe(before);
    expect(await hits("copy")).toEqual(await hits("source"));
    expect(contentOf(await exported("copy", "json"))).toEqual(contentOf(await exported("source", "json")));
    const asNumbers = linesOf(await exported("source", "json"))[1]?.chunks[0]?.embedding as number[];
    expect(Buffer.from(Float32Array.from(asNumbers).buffer).toString("base64")).toBe(lines[1]?.chunks[0]?.embedding);
  });

  test("with other settings is refused with their names, and encoded anew when told to", async () => {
    const text = await exported("source");
    expectStatus(await put("other", { chunking: { maxTokens: 32 } }), 201);
    expect(await importInto("other", text)).toMatchObject({
      status: 409,
      body: { error: { details: { differences: ["chunking.maxTokens"] } } },
    });
    expect(await importInto("bare", await exported("source", "none"))).toMatchObject({ status: 409 });
    const before = await runs();
    const { body } = await importInto("other", text, "?reembed=true");
    expect(body).toMatchObject({ accepted: 60, vectors: "queued", complete: true });
    expect(await stack.http.settled(String(body["ticket"]))).toMatchObject({ stored: 60 });
    expect(await runs()).toBeGreaterThan(before);
  });

  test("that is cut or is none says so, and one document's fault is its own", async () => {
    const text = await exported("source");
    const [header = "", first = "", second = ""] = text.split("\n");
    expect(await importInto("cut", `${header}\n${first}\n`)).toMatchObject({ status: 202, body: { complete: false } });
    expect(await importInto("none", `${first}\n`)).toMatchObject({ status: 400, body: { error: { code: "invalid" } } });
    expect(await importInto("none", "")).toMatchObject({ status: 400 });
    const { chunks, ...rest } = JSON.parse(second) as Line;
    const broken = { ...rest, chunks: [{ ...chunks[0], embedding: "AAAA" }] };
    expect(await importInto("cut", `${header}\n${JSON.stringify(broken)}\n`)).toMatchObject({
      body: { accepted: 0, rejected: [{ index: 0, id: rest.id, field: "chunks[0].embedding" }] },
    });
    expect(await stack.http.call("POST", "/v1/collections/cut/import?reembed=maybe", {})).toMatchObject({
      status: 400,
    });
    expect(await stack.http.call("GET", "/v1/collections/source/export?vectors=xml")).toMatchObject({ status: 400 });
    expect(await stack.http.call("GET", "/v1/collections/nowhere/export")).toMatchObject({ status: 404 });
  });

  test("is of one moment, whatever is written while it is read, and one that is given up leaves nothing behind", async () => {
    const response = await fetch(`${stack.http.url}/v1/collections/copy/export`);
    await stack.http.call("POST", "/v1/collections/copy/documents/delete", { ids: ["d59", "d9"] });
    const text = await response.text();
    expect(linesOf(text).map(({ id }) => id)).toEqual(expect.arrayContaining(["d59", "d9"]));
    expect(linesOf(text)).toHaveLength(62);
    for (let i = 0; i < 6; i += 1) {
      const stopped = new AbortController();
      await fetch(`${stack.http.url}/v1/collections/source/export`, { signal: stopped.signal });
      stopped.abort();
    }
    const status = async (): Promise<number> => {
      const response = await fetch(`${stack.http.url}/v1/collections/source/export`);
      await response.text();
      return response.status;
    };
    await expect.poll(status).toBe(200);
  });

  test("travels through files of the command line", async () => {
    const run = (...argv: string[]) => runCliHere([...argv, "--url", stack.http.url]);
    const source = await exported("source");
    const before = await runs();
    for (const ending of ["ndjson", "ndjson.gz", "parquet"]) {
      const file = join(folder, `source.${ending}`);
      expect((await run("export", "source", "-o", file)).out).toMatch(/^60 documents of "source" to /);
      const name = `from-${ending.replace(".", "-")}`;
      expect((await run("import", file, "-c", name)).out).toMatch(
        /60 taken, 0 unchanged, 0 not taken; vectors stored as they were/,
      );
      expect(contentOf(await exported(name))).toEqual(contentOf(source));
    }
    expect(gunzipSync(await readFile(join(folder, "source.ndjson.gz"))).toString()).toBe(source);
    expect((await stat(join(folder, "source.parquet"))).size).toBeGreaterThan(10_000);
    expect((await run("export", "source")).out).toBe(source);
    expect(await runs()).toBe(before);
    const cut = join(folder, "cut.ndjson");
    await writeFile(cut, source.split("\n").slice(0, 5).join("\n"));
    await expect(run("import", cut, "-c", "partly")).rejects.toThrow("before its last line");
    await writeFile(join(folder, "no.parquet"), "PAR1");
    await expect(run("import", join(folder, "no.parquet"))).rejects.toThrow("no whole Parquet file");
    await expect(run("export", "source", "-o", join(folder, "x.zip"))).rejects.toThrow(".parquet");
  });
});
