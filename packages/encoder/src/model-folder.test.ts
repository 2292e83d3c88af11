import { cp, mkdir, mkdtemp, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { writeTinyModel } from "../../../test/fixtures/encoder/tiny-model.ts";
import { openEncoder } from "./encoder.ts";
import { findModel, listModels } from "./find-model.ts";

describe("a broken model folder is model_unavailable and names its file", () => {
  let folder: string;
  beforeEach(async () => (folder = await writeTinyModel()));
  afterEach(() => rm(folder, { recursive: true }));

  const expectBroken = async (file: string): Promise<void> => {
    const error: unknown = await openEncoder({ folder, threads: 1 }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "model_unavailable", details: { field: "model", file } });
    expect(String(error)).toContain(file);
  };

  test("without config.json", async () => {
    await rm(join(folder, "config.json"));
    await expectBroken("config.json");
  });

  test("with a config.json that is no JSON", async () => {
    await writeFile(join(folder, "config.json"), "{");
    await expectBroken("config.json");
  });

  test("with a config.json that names no dimensions", async () => {
    await writeFile(join(folder, "config.json"), "{}");
    await expectBroken("config.json");
  });

  test("with a garbage tokenizer", async () => {
    await writeFile(join(folder, "tokenizer.json"), '{"version": "1.0", "model": 7}');
    await expectBroken("tokenizer.json");
  });

  test("without any ONNX file", async () => {
    await rm(join(folder, "onnx", "model.onnx"));
    await expectBroken("onnx/model.onnx");
  });

  test("with an ONNX file cut in the middle", async () => {
    const { length } = await readFile(join(folder, "onnx", "model.onnx"));
    await truncate(join(folder, "onnx", "model.onnx"), Math.floor(length / 2));
    await expectBroken("onnx/model.onnx");
  });

  test("with an ONNX file of random bytes", async () => {
    await writeFile(join(folder, "onnx", "model.onnx"), Buffer.alloc(1000, 0xff));
    await expectBroken("onnx/model.onnx");
  });

  test("with a pooling that is not supported", async () => {
    const both = { pooling_mode_cls_token: true, pooling_mode_mean_tokens: true };
    await writeFile(join(folder, "1_Pooling", "config.json"), JSON.stringify(both));
    await expectBroken("1_Pooling/config.json");
  });

  test("with a graph that only fails when it runs", async () => {
    await writeFile(join(folder, "config.json"), JSON.stringify({ hidden_size: 5 }));
    const opening = openEncoder({ folder, threads: 2 });
    await expect(opening).rejects.toMatchObject({ code: "model_unavailable", message: /config.json says 5/ });
  });

  test("on a device that is not there", async () => {
    const opening = openEncoder({ folder, device: "coreml" });
    await expect(opening).rejects.toMatchObject({ code: "model_unavailable", message: /coreml/ });
  });
});

describe("finding a model", () => {
  let modelsDir: string;
  beforeEach(async () => {
    modelsDir = await mkdtemp(join(tmpdir(), "polyseme-models-"));
    const tiny = await writeTinyModel();
    await mkdir(join(modelsDir, "some-org"));
    await cp(tiny, join(modelsDir, "some-org", "tiny"), { recursive: true });
    await rm(tiny, { recursive: true });
  });
  afterEach(() => rm(modelsDir, { recursive: true }));

  test("by its hub id gives the bundled one or that of the models folder", async () => {
    const bundled = await findModel("sentence-transformers/all-MiniLM-L6-v2");
    expect(bundled).toEqual(await findModel("all-MiniLM-L6-v2"));
    const stored = await findModel("some-org/tiny", { modelsDir });
    expect(stored).toEqual({ name: "some-org/tiny", folder: join(modelsDir, "some-org", "tiny") });
    expect((await findModel(stored.folder)).folder).toBe(stored.folder);
  });

  test("by a name that is not there is invalid and lists those that are", async () => {
    const finding = findModel("no/such", { modelsDir });
    await expect(finding).rejects.toMatchObject({ code: "invalid", details: { field: "model" } });
    await expect(finding).rejects.toThrow(/all-MiniLM-L6-v2, some-org\/tiny/);
    expect((await listModels({ modelsDir })).map(({ name }) => name)).toEqual(["all-MiniLM-L6-v2", "some-org/tiny"]);
  });

  test("by a name that leads out of the models folder is invalid", async () => {
    const places = { modelsDir: join(modelsDir, "other") };
    await expect(findModel("x/../../some-org/tiny", places)).rejects.toMatchObject({ code: "invalid" });
    await expect(findModel("some-org/../../tiny", places)).rejects.toMatchObject({ code: "invalid" });
  });
});
