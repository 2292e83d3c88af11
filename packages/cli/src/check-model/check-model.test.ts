import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { fixtureModel, fixtureModels, goldenTexts } from "../../../../test/support/fixture-models.ts";
import { runCliHere } from "../../../../test/support/run-cli.ts";

const CPU = { POLYSEME_DEVICE: "cpu" };
const BERT = fixtureModel("bert-wordpiece");

let folder: string;
beforeAll(async () => (folder = await mkdtemp(join(tmpdir(), "polyseme-check-"))));
afterAll(() => rm(folder, { recursive: true }));

async function fileOf(lines: readonly unknown[]): Promise<string> {
  const path = join(folder, `${Math.random()}.jsonl`);
  await writeFile(path, lines.map((line) => (typeof line === "string" ? line : JSON.stringify(line))).join("\n"));
  return path;
}

const check = (...argv: string[]) => runCliHere(["models", "check", ...argv], CPU);

interface Report {
  passed: boolean;
  texts: { text: string; sameIds?: boolean; alone: number }[];
  ids: { compared: number; different: number };
  alone: { min: number; mean: number };
  batched: { min: number };
  mostDifference: number;
}

describe("a model against a file of golden vectors", () => {
  test.each(fixtureModels())("passes: %s and what sentence-transformers gave", async (name) => {
    const golden = `${fixtureModel(name)}/golden.jsonl`;
    const { out } = await check(fixtureModel(name), "--against", golden, "--least-cosine", "0.99999", "--json");
    const report = JSON.parse(out) as Report;
    const count = goldenTexts(name).length;
    expect(report).toMatchObject({ passed: true, ids: { compared: count, different: 0 } });
    expect(report.texts).toHaveLength(count);
    expect(Math.min(report.alone.min, report.batched.min)).toBeGreaterThanOrEqual(0.99999);
    expect(report.mostDifference).toBeLessThanOrEqual(1e-5);
  });

  test("prints a row a text and the figures", async () => {
    const { out } = await check(BERT, "--against", `${BERT}/golden.jsonl`);
    expect(out).toMatch(/Hello world +8 +same +1\.0000000 +1\.0000000/);
    expect(out).toContain("(empty)");
    expect(out).toMatch(/cosine in a batch +mean 1\.0000000, min/);
    expect(out).toContain("token ids: 12 of 12 the same");
  });

  test("fails by the stated cosine, and prints what it saw all the same", async () => {
    const [first, ...others] = goldenTexts("bert-wordpiece").slice(0, 3);
    const bent = first?.embedding.map((value, i) => (i < 2 ? value + 0.1 : value));
    const path = await fileOf([{ ...first, embedding: bent }, ...others]);
    await expect(check(BERT, "--against", path)).rejects.toThrow(/least cosine is 0\.9.*below 0\.9999.*pooling/);
    expect((await check(BERT, "--against", path, "--least-cosine", "0.9")).out).toContain("Hello world");
  });

  test("fails by token ids, and says which file to look at", async () => {
    const [first, ...others] = goldenTexts("bert-wordpiece").slice(0, 2);
    const path = await fileOf([{ ...first, ids: first?.ids.slice(1) }, ...others]);
    await expect(check(BERT, "--against", path)).rejects.toThrow(/1 of 2 texts have other token ids.*tokenizer\.json/);
    const withoutIds = await fileOf([{ text: first?.text, embedding: first?.embedding }]);
    expect((await check(BERT, "--against", withoutIds)).out).toContain("the reference gives none");
  });

  test("is refused line by line where the file is no reference", async () => {
    const path = await fileOf([
      "{",
      { text: 7 },
      { text: "a", embedding: [0, 0] },
      { text: "a", embedding: [1], ids: [0.5] },
    ]);
    const refused = check(BERT, "--against", path);
    await expect(refused).rejects.toThrow(/jsonl:1: [^]*jsonl:2: "text"[^]*jsonl:3: "embedding"[^]*jsonl:4: "ids"/);
    const short = await fileOf([{ text: "a", embedding: [1, 2, 3] }]);
    await expect(check(BERT, "--against", short)).rejects.toThrow(/has 3 dimensions, and .*bert-wordpiece gives 32/);
    await expect(check(BERT, "--against", await fileOf([]))).rejects.toThrow(/has no line/);
    await expect(check(BERT, "--against", path, "--texts", path)).rejects.toThrow(/--texts goes with/);
  });
});

describe("a model against a server", () => {
  let server: Server;
  let url: string;
  let asked: { path: string; key: string | undefined; body: Record<string, unknown> }[] = [];
  let answer: (body: Record<string, unknown>) => { status: number; text: string };
  beforeAll(async () => {
    server = createServer((request, response) => {
      const parts: Buffer[] = [];
      request.on("data", (part: Buffer) => parts.push(part));
      request.on("end", () => {
        const body = JSON.parse(Buffer.concat(parts).toString()) as Record<string, unknown>;
        asked.push({ path: request.url ?? "", key: request.headers.authorization, body });
        const { status, text } = answer(body);
        response.writeHead(status).end(text);
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => new Promise((resolve) => server.close(resolve)));

  const golden = new Map(goldenTexts("bert-wordpiece").map(({ text, embedding }) => [text, embedding]));
  const texts = [...golden.keys()].filter((text) => /^\w/.test(text) && text.length < 100);

  test("asks OpenAI's shape with the key and the model's name there, and puts what comes back in its place", async () => {
    asked = [];
    answer = ({ input }) => {
      const data = (input as string[]).map((text, index) => ({ index, embedding: golden.get(text) }));
      return { status: 200, text: JSON.stringify({ data: data.reverse() }) };
    };
    const file = join(folder, "texts.txt");
    await writeFile(file, `${texts.join("\n")}\n\n`);
    const argv = ["models", "check", BERT, "--against", `${url}/v1/embeddings`, "--texts", file, "--json"];
    const more = ["--key-from", "THEIR_KEY", "--model-there", "org/bert"];
    const { out } = await runCliHere([...argv, ...more], { ...CPU, THEIR_KEY: "secret" });
    expect(JSON.parse(out)).toMatchObject({ passed: true, ids: { compared: 0 } });
    expect(asked).toMatchObject([
      { path: "/v1/embeddings", key: "Bearer secret", body: { model: "org/bert", input: texts } },
    ]);
    await expect(runCliHere([...argv, ...more], CPU)).rejects.toThrow(/THEIR_KEY of --key-from is not set/);
  });

  test("says what a server answered that gave no embeddings", async () => {
    const refused = (path: string) => check(BERT, "--against", `${url}${path}`);
    answer = () => ({ status: 500, text: "out of order" });
    await expect(refused("/embed")).rejects.toThrow(/gave no embeddings: it answered 500: out of order/);
    for (const text of ["[]", "[[1,2]]", "{}", "null", '{"data":[null]}']) {
      answer = () => ({ status: 200, text });
      for (const path of ["/embed", "/v1/embeddings"])
        await expect(refused(path)).rejects.toThrow(/did not answer one embedding for each/);
    }
    answer = () => ({ status: 200, text: "<html>" });
    await expect(refused("/embed")).rejects.toThrow(/gave no embeddings/);
    await expect(refused("/")).rejects.toThrow(/ends in neither/);
    await expect(check(BERT, "--against", "http://127.0.0.1:1/embed")).rejects.toThrow(
      /gave no embeddings: fetch failed/,
    );
  });
});

test("golden files of the repository have no two lines for one text", async () => {
  for (const name of fixtureModels()) {
    const lines = (await readFile(`${fixtureModel(name)}/golden.jsonl`, "utf8")).trim().split("\n");
    expect(new Set(lines).size).toBe(lines.length);
  }
});
