import { cp, mkdtemp, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startEmbeddedStack, type TestStack } from "./support/stack.ts";

const BUNDLED = fileURLToPath(new URL("../models/all-MiniLM-L6-v2", import.meta.url));

let modelsDir: string;
let stack: TestStack;

beforeAll(async () => {
  modelsDir = await mkdtemp(join(tmpdir(), "polyseme-models-"));
  await cp(BUNDLED, join(modelsDir, "cut"), { recursive: true });
  await truncate(join(modelsDir, "cut/onnx/model_int8.onnx"), 1_000_000);
  await cp(BUNDLED, join(modelsDir, "garbled"), { recursive: true });
  await writeFile(join(modelsDir, "garbled/tokenizer.json"), "not a tokenizer");
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
