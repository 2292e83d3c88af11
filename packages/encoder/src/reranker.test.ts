import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makeLog, makeMetrics, readConfig, type Environment } from "@polyseme/core";
import { afterEach, beforeEach, expect, test } from "vitest";
import { fixtureModel, goldenPairs } from "../../../test/support/fixture-models.ts";
import { waitUntil } from "../../../test/support/http.ts";
import { filesOf, startHub, type TestHub } from "../../../test/support/hub.ts";
import { openReranker, type Reranker } from "./reranker.ts";

const NAME = "org/cross-bert";

let hub: TestHub;
let modelsDir: string;
let reranker: Reranker | undefined;
beforeEach(async () => {
  modelsDir = await mkdtemp(join(tmpdir(), "polyseme-reranker-"));
  hub = await startHub(new Map([[NAME, await filesOf(fixtureModel("cross-bert"))]]));
});
afterEach(async () => {
  await reranker?.closeStep.stop();
  await hub.stop();
  await rm(modelsDir, { recursive: true, force: true });
});

function open(settings: Environment): Reranker {
  const env = { POLYSEME_MODELS_DIR: modelsDir, HF_ENDPOINT: hub.url, POLYSEME_ENCODER_THREADS: "1", ...settings };
  const context = { metrics: makeMetrics({ processMetrics: false }), log: makeLog("silent", "test") };
  reranker = openReranker(readConfig(env), context);
  return reranker;
}

test("a model of the hub is downloaded behind everything else, and then scores", async () => {
  let letGo = (): void => undefined;
  const held = new Promise<void>((resolve) => (letGo = resolve));
  hub.hold = (path) => (path.endsWith(".onnx") ? held : Promise.resolve());
  const model = open({ POLYSEME_RERANK_MODEL: NAME });
  await expect(model.get()).rejects.toMatchObject({
    code: "model_unavailable",
    details: { downloading: true, field: "rerank" },
  });
  letGo();
  // Nobody asks for it meanwhile.
  await waitUntil("the model is loaded", () => Promise.resolve(model.loaded() !== undefined));
  const [{ query, text, score } = { query: "", text: "", score: NaN }] = goldenPairs("cross-bert");
  const [found] = await (await model.get()).score(query, [text], { lane: "interactive" });
  expect(found?.score).toBeCloseTo(score, 5);
});

test("a model that is nowhere, or closed, is refused as not to be had, and a server without one as a wrong request", async () => {
  await expect(open({ POLYSEME_RERANK_MODEL: "nothing" }).get()).rejects.toMatchObject({
    code: "model_unavailable",
    message: expect.stringContaining('no model "nothing"') as string,
  });
  const used = open({ POLYSEME_RERANK_MODEL: fixtureModel("cross-bert") });
  const model = await used.get();
  await used.closeStep.stop();
  await expect(model.score("a", ["b"], { lane: "interactive" })).rejects.toMatchObject({ code: "unavailable" });
  const unset = open({});
  expect(unset.isSet).toBe(false);
  await expect(unset.get()).rejects.toMatchObject({ code: "invalid", details: { field: "rerank" } });
});
