import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { StoredDocument } from "@polyseme/client";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { expectStatus, waitUntil } from "./support/http.ts";
import { runCliHere } from "./support/run-cli.ts";
import { startServerStack, type TestStack } from "./support/stack.ts";

const databaseUrl = inject("databaseUrl");
const redisUrl = inject("redisUrl");

const FIRST = "It lends money to farmers and keeps what they save. Nobody asks why.\n\n";
const SECOND = "It was flooded in spring, and the meadows with it. The mill stood still.\n";
const TEXT = FIRST + SECOND;
const SECTIONS = [
  { start: 0, context: "Finance > The bank" },
  { start: FIRST.length, context: "Rivers > The bank" },
];
const STARTS = SECTIONS.map(({ start }) => start);

describe.skipIf(databaseUrl === null || redisUrl === null)("a document's sections", () => {
  let stack: TestStack;
  beforeAll(async () => {
    stack = await startServerStack(databaseUrl ?? "", redisUrl ?? "");
  });
  afterAll(() => stack.stop());

  const push = async (collection: string, document: object) => {
    const answer = await stack.http.push(collection, [document]);
    expect(await stack.http.settled(answer.ticket)).toMatchObject({ failed: 0 });
    return answer;
  };
  const get = async (collection: string, id = "d", include = "chunks,embeddings"): Promise<StoredDocument> =>
    expectStatus(
      await stack.http.call("GET", `/v1/collections/${collection}/documents/${id}?include=${include}`),
      200,
    ) as StoredDocument;
  const startsIn = async (collection: string, id = "d"): Promise<number[]> =>
    ((await get(collection, id)).chunks ?? []).map(({ start }) => start);

  test("are kept, begin chunks anew, and are part of what makes a document another", async () => {
    await push("kept", { id: "d", text: TEXT, sections: SECTIONS });
    const first = await get("kept");
    expect(first.sections).toEqual(SECTIONS);
    expect(first.chunks?.map(({ text }) => text)).toEqual([FIRST, SECOND]);

    const again = { id: "d", text: TEXT, sections: SECTIONS.map(({ start, context }) => ({ context, start })) };
    expect(await push("kept", again)).toMatchObject({ accepted: 0, unchanged: 1 });

    const renamed = SECTIONS.map(({ start, context }) => ({ start, context: context.replace("Finance", "Farms") }));
    expect(await push("kept", { id: "d", text: TEXT, sections: renamed })).toMatchObject({ accepted: 1 });
    const second = await get("kept");
    expect(second).toMatchObject({ version: 2, sections: renamed, state: "stored" });
    expect(second.chunks?.[0]?.embedding).not.toEqual(first.chunks?.[0]?.embedding);
    expect(second.chunks?.[1]?.embedding).toEqual(first.chunks?.[1]?.embedding);

    expect(await push("kept", { id: "d", text: TEXT })).toMatchObject({ accepted: 1 });
    const without = await get("kept");
    expect(without).not.toHaveProperty("sections");
    expect(without.chunks?.map(({ text }) => text)).toEqual([TEXT]);
    expect(await push("kept", { id: "d", text: TEXT, sections: [] })).toMatchObject({ unchanged: 1 });
  });

  test("let a chunk be found by the heading that it does not repeat", async () => {
    const best = async (collection: string): Promise<number | undefined> =>
      (await stack.http.search(collection, { query: "the bank of a river", k: 1, group: "chunk" }))[0]?.chunk.start;
    const sections = SECTIONS.map(({ start }, index) => ({ start, context: SECTIONS[1 - index]?.context ?? "" }));
    await push("crossed", { id: "d", text: TEXT, sections });
    await push("right", { id: "d", text: TEXT, sections: SECTIONS });
    expect([await best("crossed"), await best("right")]).toEqual([0, FIRST.length]);
  });

  test("that cannot be are refused, with the field at fault", async () => {
    const answer = await stack.http.call("POST", "/v1/collections/kept/documents", {
      id: "bad",
      text: TEXT,
      sections: [{ start: 0 }, { start: TEXT.length }],
    });
    expect(answer).toMatchObject({
      status: 400,
      body: { error: { code: "invalid", details: { field: "sections[1].start" } } },
    });
  });

  test("leave explained and reranked hits to the words of the text", async () => {
    expectStatus(await stack.http.call("PUT", "/v1/collections/explained", { tokenVectors: "int8" }), 201);
    await push("explained", { id: "d", text: TEXT, sections: SECTIONS });
    const { chunks = [] } = await get("explained", "d", "tokens");
    for (const { start, text, units = [] } of chunks) {
      expect(units.map((unit) => unit.text).join("")).toBe(text.replace(/\s/g, ""));
      expect(units[0]?.start).toBe(start);
    }
    for (const rerank of ["none", "maxsim"]) {
      const { body } = await stack.http.call("POST", "/v1/collections/explained/search", {
        query: "flooded rivers",
        explain: true,
        rerank,
      });
      const [hit] = body["hits"] as {
        explain: { tokens: { match: { start: number; end: number; text: string } | null }[] };
      }[];
      const matches = (hit?.explain.tokens ?? []).flatMap(({ match }) => match ?? []);
      expect(matches.map(({ text }) => text)).toContain("flooded");
      for (const { start, end, text } of matches) expect(TEXT.slice(start, end)).toBe(text);
    }
  });

  test.each([
    ["reembed", {}, { chunking: { maxTokens: 16 } }],
    ["rechunk", { lateChunking: true, tokenVectors: "int8" }, { chunking: { maxTokens: 16 } }],
  ])("go along when a migration makes chunks anew by %s", async (method, settings, wanted) => {
    const path = `/v1/collections/${method}`;
    expectStatus(await stack.http.call("PUT", path, settings), 201);
    await push(method, { id: "d", text: TEXT, sections: SECTIONS });
    expect(await startsIn(method)).toEqual(STARTS);
    expect(expectStatus(await stack.http.call("POST", `${path}/migrate`, wanted), 202)).toMatchObject({ method });
    await waitUntil("the new generation is ready", async () => {
      const { body } = await stack.http.call("GET", `${path}/migration`);
      return body["state"] === "ready";
    });
    expectStatus(await stack.http.call("POST", `${path}/migration/cutover`, {}), 200);
    const starts = await startsIn(method);
    expect(starts.length).toBeGreaterThan(STARTS.length);
    expect(starts).toEqual(expect.arrayContaining(STARTS));
  });

  test("come from the headings of Markdown files that the command line reads", async () => {
    const folder = await mkdtemp(join(tmpdir(), "sections-"));
    try {
      await mkdir(join(folder, "docs"));
      const body = `${FIRST}${SECOND}`.repeat(3);
      const guide = `---\ntitle: The guide\n---\n\n# Money\n\n${body}\n\n## Banks\n\n${body}\n\n\`\`\`\n# no heading\n\`\`\`\n`;
      await writeFile(join(folder, "docs", "guide.md"), guide);
      await writeFile(join(folder, "plain.txt"), body);
      const run = await runCliHere(["ingest", folder, "-c", "files", "--url", stack.http.url, "--json"]);
      expect(run.code, run.err).toBe(0);
      const document = await get("files", encodeURIComponent("docs/guide.md"));
      expect(document.title).toBe("The guide");
      expect(document.sections?.map(({ context }) => context)).toEqual(["Money", "Money > Banks"]);
      expect(await startsIn("files", encodeURIComponent("docs/guide.md"))).toContain(guide.indexOf("## Banks"));
      expect(await get("files", "plain.txt")).not.toHaveProperty("sections");
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
