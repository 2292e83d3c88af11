import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { smallTexts, writeSmallBert } from "./fixtures/encoder/small-bert.ts";
import { runCliHere } from "./support/run-cli.ts";

let model: string;
let home: string;
let texts: string;
beforeAll(async () => {
  model = await writeSmallBert();
  home = await mkdtemp(join(tmpdir(), "polyseme-cli-prepare-"));
  texts = join(home, "texts.jsonl");
  const lines = smallTexts(50).map((text, at) => JSON.stringify({ id: `${at}`, text }));
  await writeFile(texts, lines.join("\n"));
});
afterAll(() => Promise.all([model, home].map((folder) => rm(folder, { recursive: true, force: true }))));

test("models prepare prints size, tokens/s and cosine before and after, and saves what it made", async () => {
  const out = join(home, "prepared");
  const argv = ["models", "prepare", model, "--texts", texts, "--out", out, "--min-cosine", "0.99", "--fp16"];
  const ended = await runCliHere(argv);
  expect(ended.code, ended.err).toBe(0);
  expect(ended.out).toMatch(/MB +tokens\/s +cosine +worst/);
  expect(ended.out).toMatch(/float32 +0\.\d +[\d,]+ +1 +1\n/);
  expect(ended.out).toMatch(/int8 +0\.\d +[\d,]+ +0\.99\d+ +0\.99\d+\n/);
  expect(ended.out).toMatch(/fp16 +0\.\d +for GPUs/);
  expect(ended.out).toMatch(/times the tokens\/s, over 25 texts/);
  expect(ended.out).toContain(`POLYSEME_MODEL=${out}`);
  expect((await readdir(out)).sort()).toEqual(["config.json", "onnx", "tokenizer.json"]);
});

test("models prepare refuses what falls under the stated cosine and leaves nothing behind", async () => {
  const out = join(home, "refused");
  const argv = ["models", "prepare", model, "--texts", texts, "--out", out, "--min-cosine", "1"];
  await expect(runCliHere(argv)).rejects.toThrow(/Nothing was saved: .* the int8 model has cosine .* below 1/);
  expect((await readdir(home)).filter((name) => name.includes("refused"))).toEqual([]);
});

test("models prepare takes no cosine above 1", async () => {
  const ended = await runCliHere(["models", "prepare", model, "--min-cosine", "1.5"]);
  expect(ended.code).not.toBe(0);
  expect(ended.err).toMatch(/above 0, at most 1/);
});
