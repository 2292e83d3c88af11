import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readConfig, type Environment, type PolysemeError } from "@polyseme/core";
import { afterAll, afterEach, beforeAll, beforeEach, expect } from "vitest";
import { makeHubClient } from "../../packages/encoder/src/hub/hub-client.ts";
import { parseHubId } from "../../packages/encoder/src/hub/hub-id.ts";
import { pullModel, type PulledModel, type PullOptions } from "../../packages/encoder/src/hub/pull-model.ts";
import { writeTinyModel } from "../fixtures/encoder/tiny-model.ts";
import { filesOf, startHub, type TestHub } from "./hub.ts";

/** Downloads of a tiny model, `org/tiny`, from a hub and into a folder that are new for each test. */
export interface PullFixture {
  readonly hub: TestHub;
  readonly modelsDir: string;
  /** What the hub has of the model, filled before the first test. */
  readonly content: Map<string, Buffer>;
  readonly pull: (name?: string, options?: Partial<PullOptions>, env?: Environment) => Promise<PulledModel>;
  /** The error of a pull that fails. */
  readonly refusal: (name?: string, options?: Partial<PullOptions>, env?: Environment) => Promise<PolysemeError>;
  /** The files of the model, or none when it is not there. */
  readonly pulled: (name?: string) => Promise<ReadonlyMap<string, Buffer>>;
  readonly expectWhole: (name?: string) => Promise<void>;
  /** The files of downloads that are under way or were cut. */
  readonly partsLeft: () => Promise<string[]>;
}

/** What of the model is downloaded. */
export const WANTED = ["1_Pooling/config.json", "LICENSE", "config.json", "onnx/model.onnx", "tokenizer.json"];
export const TUNING = { retryMs: 1, beatMs: 20, silentMs: 5_000 };

/** Call at the top of a test file; the hub and the folder may be used inside its tests. */
export function usePulls(): PullFixture {
  const content = new Map<string, Buffer>();
  let hub: TestHub | undefined;
  let modelsDir = "";
  beforeAll(async () => {
    const tiny = await writeTinyModel();
    for (const [path, bytes] of await filesOf(tiny)) content.set(path, bytes);
    await rm(tiny, { recursive: true });
    content.set("LICENSE", Buffer.from("Do what you like."));
    // What no encoder needs.
    content.set("model.safetensors", Buffer.alloc(5_000, 1));
    content.set("onnx/model_q4.onnx", Buffer.alloc(5_000, 2));
    content.set("../escape/config.json", Buffer.from("{}"));
  });
  beforeEach(async () => {
    modelsDir = await mkdtemp(join(tmpdir(), "polyseme-hub-"));
    hub = await startHub(new Map([["org/tiny", content]]));
  });
  afterEach(async () => {
    await hub?.stop();
    await rm(modelsDir, { recursive: true, force: true });
  });
  afterAll(() => {
    content.clear();
  });

  const current = (): TestHub => {
    if (hub === undefined) throw new Error("The hub is there inside a test only");
    return hub;
  };
  const fixture: PullFixture = {
    get hub() {
      return current();
    },
    get modelsDir() {
      return modelsDir;
    },
    content,
    async pull(name = "org/tiny", options = {}, env = {}) {
      const id = parseHubId(name);
      if (id === undefined) throw new Error(`${name} is no id`);
      const client = makeHubClient(readConfig({ HF_ENDPOINT: current().url, ...env }).hub);
      const { signal } = new AbortController();
      try {
        return await pullModel(id, { client, modelsDir, device: "cpu", signal, tuning: TUNING, ...options });
      } finally {
        await client.close();
      }
    },
    async refusal(name, options, env) {
      const error = await fixture.pull(name, options, env).catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ name: "PolysemeError" });
      return error as PolysemeError;
    },
    pulled: (name = "org/tiny") => filesOf(join(modelsDir, name)).catch(() => new Map<string, Buffer>()),
    async expectWhole(name) {
      const files = await fixture.pulled(name);
      expect([...files.keys()].filter((path) => path !== "polyseme-download.json").sort()).toEqual(WANTED);
      for (const path of WANTED) expect(files.get(path)?.equals(content.get(path) ?? Buffer.alloc(0))).toBe(true);
    },
    partsLeft: async () => [...(await filesOf(join(modelsDir, ".downloads"))).keys()],
  };
  return fixture;
}
