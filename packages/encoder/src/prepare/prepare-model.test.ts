import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { findSharedFolder } from "../../../../test/fixtures/encoder/reference-texts.ts";
import { smallTexts, writeSmallBert } from "../../../../test/fixtures/encoder/small-bert.ts";
import { encodeTexts, openEncoder } from "../encoder.ts";
import { readModelFolder } from "../read-model-folder.ts";
import { prepareModel, type PrepareOptions } from "./prepare-model.ts";

let folder: string;
let home: string;
const texts = smallTexts(60);
beforeAll(async () => {
  folder = await writeSmallBert();
  await writeFile(join(folder, "model.safetensors"), "weights");
  home = await mkdtemp(join(tmpdir(), "polyseme-prepared-"));
});
afterAll(() => Promise.all([folder, home].map((one) => rm(one, { recursive: true, force: true }))));

const options = (name: string): PrepareOptions => ({
  folder,
  out: join(home, name),
  texts,
  leastCosine: 0.99,
  half: false,
  threads: 1,
});

test("a prepared folder holds the model's small files and the new graphs, and opens as any other", async () => {
  const steps = new Set<string>();
  const prepared = await prepareModel({ ...options("whole"), half: true, onProgress: ({ step }) => steps.add(step) });
  expect([...steps]).toEqual(["reading", "calibrating", "comparing", "timing"]);
  expect((await readdir(prepared.folder)).sort()).toEqual(["config.json", "onnx", "tokenizer.json"]);
  expect((await readdir(join(prepared.folder, "onnx"))).sort()).toEqual(["model_fp16.onnx", "model_int8.onnx"]);
  expect(prepared).toMatchObject({ integerProducts: 12, floatProducts: 0, hasInt8Table: true });
  expect(prepared.cosine.least).toBeGreaterThan(0.99);
  expect(prepared.halfCosine?.least).toBeGreaterThan(0.9999);
  expect(prepared.batchDifference).toBeLessThan(1e-6);
  expect(prepared.bytes.after).toBeLessThan(prepared.bytes.before / 2);
  expect(prepared.rates.tokensPerSecond.every((rate) => rate > 0)).toBe(true);

  const opened = await readModelFolder(prepared.folder);
  expect(opened).toMatchObject({ hasIntegerProducts: true, mayOverflow: false });
  expect(opened.outputs).toMatchObject({ embedding: "sentence_embedding", statics: "static_embedding" });
  expect(opened.outputs.appended).toHaveLength(0);
  const encoder = await openEncoder({ folder: prepared.folder, threads: 1 });
  try {
    const wants = { embedding: true, contextual: true, statics: true };
    const [one] = await encodeTexts(encoder, ["w5 w6"], { wants, lane: "bulk" });
    expect(one?.encoded.contextual).toHaveLength(4 * 64);
    expect(one?.encoded.statics).toHaveLength(4 * 64);
    expect(one?.encoded.embedding).toHaveLength(64);
  } finally {
    await encoder.close();
  }
});

describe("nothing is left behind", () => {
  test("when a text falls under the stated cosine, which the message names", async () => {
    const refused = prepareModel({ ...options("far"), leastCosine: 0.999_999 });
    await expect(refused).rejects.toMatchObject({ code: "invalid" });
    await expect(refused).rejects.toThrow(/Nothing was saved: over 30 texts, the int8 model .* below 0.999999/);
    expect((await readdir(home)).filter((name) => name.includes("far"))).toEqual([]);
  });

  test("when it is stopped", async () => {
    const stopped = prepareModel({ ...options("stopped"), signal: AbortSignal.abort(new Error("stopped")) });
    await expect(stopped).rejects.toThrow("stopped");
    expect((await readdir(home)).filter((name) => name.includes("stopped"))).toEqual([]);
  });
});

test("a folder that is there is not touched", async () => {
  await expect(prepareModel({ ...options("x"), out: folder })).rejects.toThrow(/is there already/);
});

test("a model without a float32 file is refused, saying what was looked for", async () => {
  const refused = prepareModel({ ...options("none"), folder: home });
  await expect(refused).rejects.toThrow(/no float32 ONNX file \(looked for onnx\/model.onnx, model.onnx\)/);
});

const shared = findSharedFolder();
test.skipIf(shared === undefined)(
  "MiniLM keeps cosine 0.9985 on average and 0.995 on the worst text",
  async () => {
    const lines = (await readFile(`${shared}data/tldr.jsonl`, "utf8")).split("\n", 48);
    const pages = lines.map((line) => (JSON.parse(line) as { text: string }).text.slice(0, 400));
    const prepared = await prepareModel({
      ...options("minilm"),
      folder: `${shared}models/all-MiniLM-L6-v2`,
      texts: pages,
      leastCosine: 0.995,
    });
    expect(prepared.cosine.mean).toBeGreaterThan(0.9985);
    expect(prepared.batchDifference).toBeLessThan(1e-6);
    expect(prepared).toMatchObject({ integerProducts: 36, floatProducts: 0 });
  },
  400_000,
);
