import { appendFile, cp, mkdtemp, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { graphAddition, tensor } from "../packages/encoder/src/onnx-parts.ts";
import { writeField, writeVarintField } from "../packages/encoder/src/protobuf.ts";
import { fixtureModel } from "./support/fixture-models.ts";
import { startEmbeddedStack, type TestStack } from "./support/stack.ts";

const BUNDLED = fileURLToPath(new URL("../models/all-MiniLM-L6-v2", import.meta.url));

/** An initializer whose values are in a file: dims, float, name, where. */
const OUTSIDE = writeField(5, [
  writeVarintField(1, 2),
  writeVarintField(2, 1),
  writeField(8, "outside"),
  writeField(13, [writeField(1, "location"), writeField(2, "../../whole/config.json")]),
  writeVarintField(14, 1),
]);
/** Four bytes that are said to be 10 GB. */
const HUGE = tensor("huge", [1], "float", [50_000, 50_000]);

let modelsDir: string;
let stack: TestStack;

beforeAll(async () => {
  modelsDir = await mkdtemp(join(tmpdir(), "polyseme-models-"));
  await cp(BUNDLED, join(modelsDir, "cut"), { recursive: true });
  await truncate(join(modelsDir, "cut/onnx/model_int8.onnx"), 1_000_000);
  await cp(BUNDLED, join(modelsDir, "garbled"), { recursive: true });
  await writeFile(join(modelsDir, "garbled/tokenizer.json"), "not a tokenizer");
  for (const [name, part] of [
    ["outside", OUTSIDE],
    ["huge", HUGE],
  ] as const) {
    await cp(fixtureModel("bert-wordpiece"), join(modelsDir, name), { recursive: true });
    await appendFile(join(modelsDir, name, "onnx/model.onnx"), graphAddition([part]));
  }
  await cp(fixtureModel("bert-wordpiece"), join(modelsDir, "mixed"), { recursive: true });
  await cp(join(BUNDLED, "tokenizer.json"), join(modelsDir, "mixed/tokenizer.json"));
  await cp(BUNDLED, join(modelsDir, "whole"), { recursive: true });
  stack = await startEmbeddedStack({ POLYSEME_MODELS_DIR: modelsDir });
});
afterAll(async () => {
  await stack.stop();
  await rm(modelsDir, { recursive: true, force: true });
});

test("a model with a broken file is refused with the file's name, and the service goes on", async () => {
  for (const [model, file] of [
    ["cut", "model_int8.onnx"],
    ["garbled", "tokenizer.json"],
    ["outside", "model.onnx"],
    ["huge", "model.onnx"],
    ["mixed", "tokenizer.json"],
  ] as const) {
    const { status, body } = await stack.http.call("POST", "/v1/inspect", { text: "Hello", model });
    expect(status).toBe(503);
    expect(body).toMatchObject({ error: { code: "model_unavailable", details: { field: "model" } } });
    expect(JSON.stringify(body)).toContain(file);
  }
  expect((await stack.http.call("PUT", "/v1/collections/broken", { model: "cut" })).status).toBe(503);
  expect((await stack.http.call("POST", "/v1/inspect", { text: "Hello" })).status).toBe(200);
});

test("a collection may have another model than the default", async () => {
  expect(await stack.http.call("PUT", "/v1/collections/other", { model: "whole" })).toMatchObject({
    status: 201,
    body: { model: "whole" },
  });
  const { ticket } = await stack.http.push("other", [{ id: "a", text: "A text for the other model." }]);
  expect(await stack.http.settled(ticket)).toMatchObject({ stored: 1 });
  expect(await stack.http.search("other", { query: "text" })).toHaveLength(1);
});

test("a process whose default model is broken says which file and does not start", async () => {
  await expect(startEmbeddedStack({ POLYSEME_MODEL: join(modelsDir, "cut") })).rejects.toThrow(/model_int8\.onnx/);
  await expect(startEmbeddedStack({ POLYSEME_MODEL: "no-such-model" })).rejects.toThrow(
    /no-such-model.*all-MiniLM-L6-v2/,
  );
});
