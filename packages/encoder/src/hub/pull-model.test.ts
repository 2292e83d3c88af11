import { createHash } from "node:crypto";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readConfig, type Environment, type PolysemeError } from "@polyseme/core";
import fc from "fast-check";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { writeTinyModel } from "../../../../test/fixtures/encoder/tiny-model.ts";
import { filesOf, HUB_COMMIT, HUB_TOKEN, startHub, type TestHub } from "../../../../test/support/hub.ts";
import { startProxy } from "../../../../test/support/proxy.ts";
import { listModels } from "../find-model.ts";
import { downloadFile } from "./download-file.ts";
import { makeHubClient } from "./hub-client.ts";
import { parseHubId } from "./hub-id.ts";
import { pullModel, type PulledModel, type PullOptions } from "./pull-model.ts";

let tiny: string;
let content: Map<string, Buffer>;
let hub: TestHub;
let modelsDir: string;

beforeAll(async () => {
  tiny = await writeTinyModel();
  content = await filesOf(tiny);
  content.set("LICENSE", Buffer.from("Do what you like."));
  // What no encoder needs.
  content.set("model.safetensors", Buffer.alloc(5_000, 1));
  content.set("onnx/model_q4.onnx", Buffer.alloc(5_000, 2));
  content.set("../escape/config.json", Buffer.from("{}"));
});
afterAll(() => rm(tiny, { recursive: true }));
beforeEach(async () => {
  modelsDir = await mkdtemp(join(tmpdir(), "polyseme-hub-"));
  hub = await startHub(new Map([["org/tiny", content]]));
});
afterEach(async () => {
  await hub.stop();
  await rm(modelsDir, { recursive: true });
});

const WANTED = ["1_Pooling/config.json", "LICENSE", "config.json", "onnx/model.onnx", "tokenizer.json"];
const TUNING = { retryMs: 1, beatMs: 20, silentMs: 200 };

async function pull(
  name = "org/tiny",
  options: Partial<PullOptions> = {},
  env: Environment = {},
): Promise<PulledModel> {
  const id = parseHubId(name);
  if (id === undefined) throw new Error(`${name} is no id`);
  const client = makeHubClient(readConfig({ HF_ENDPOINT: hub.url, ...env }).hub);
  try {
    return await pullModel(id, {
      client,
      modelsDir,
      device: "cpu",
      signal: new AbortController().signal,
      tuning: TUNING,
      ...options,
    });
  } finally {
    await client.close();
  }
}

async function refusal(
  name?: string,
  options: Partial<PullOptions> = {},
  env: Environment = {},
): Promise<PolysemeError> {
  const error = await pull(name, options, env).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ name: "PolysemeError" });
  return error as PolysemeError;
}

/** The files of the model, or none when it is not there. */
async function pulled(name = "org/tiny"): Promise<ReadonlyMap<string, Buffer>> {
  return filesOf(join(modelsDir, name)).catch(() => new Map<string, Buffer>());
}

async function expectWhole(name?: string): Promise<void> {
  const files = await pulled(name);
  expect([...files.keys()].filter((path) => path !== "polyseme-download.json").sort()).toEqual(WANTED);
  for (const path of WANTED) expect(files.get(path)?.equals(content.get(path) ?? Buffer.alloc(0))).toBe(true);
}

const partsLeft = async (): Promise<string[]> => [...(await filesOf(join(modelsDir, ".downloads"))).keys()];

describe("a model of the hub", () => {
  test("comes with the files that are run and a record of where it is from, once", async () => {
    const progress: number[] = [];
    const first = await pull("org/tiny", {
      onProgress: ({ doneBytes, totalBytes }) => progress.push(doneBytes / totalBytes),
    });
    expect(first).toMatchObject({
      name: "org/tiny",
      folder: join(modelsDir, "org/tiny"),
      download: { commit: HUB_COMMIT },
    });
    await expectWhole();
    expect(progress[0]).toBe(0);
    expect(progress.at(-1)).toBe(1);
    expect(progress).toEqual([...progress].sort((a, b) => a - b));
    const record = JSON.parse(String((await pulled()).get("polyseme-download.json"))) as Record<string, unknown>;
    expect(record).toMatchObject({ id: "org/tiny", revision: "main", commit: HUB_COMMIT, endpoint: hub.url });
    expect(await partsLeft()).toEqual(["org--tiny/lock-1.json"]);
    hub.seen.length = 0;
    expect((await pull()).download).toBeUndefined();
    expect(hub.seen).toEqual([]);
    expect((await listModels({ modelsDir, bundledDir: modelsDir })).map(({ name }) => name)).toEqual(["org/tiny"]);
  });

  test("at a revision lies beside the one of no revision", async () => {
    await pull();
    expect((await pull("org/tiny@v1")).folder).toBe(join(modelsDir, "org/tiny@v1"));
    await expectWhole();
    await expectWhole("org/tiny@v1");
  });

  test("comes from a mirror that lists names only, with checksums from the headers of each file", async () => {
    hub.listsChecksums = false;
    await pull();
    await expectWhole();
    expect(hub.seen.filter(({ method }) => method === "HEAD")).toHaveLength(WANTED.length);
  });

  test("has both a float32 graph and one in half precision when a GPU is named", async () => {
    hub.models.set("org/tiny", new Map([...content, ["onnx/model_fp16.onnx", Buffer.from("half")]]));
    await pull("org/tiny", { device: "cuda" });
    expect([...(await pulled()).keys()]).toEqual(expect.arrayContaining(["onnx/model.onnx", "onnx/model_fp16.onnx"]));
  });
});

describe("a download that is cut", () => {
  test("at any byte of any file, any number of times, goes on there and ends whole", { timeout: 180_000 }, async () => {
    const sizes = WANTED.map((path) => content.get(path)?.length ?? 0);
    const cuts = fc.record({
      file: fc.nat(WANTED.length - 1),
      at: fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 4 }),
    });
    await fc.assert(
      fc.asyncProperty(cuts, async ({ file, at }) => {
        await rm(modelsDir, { recursive: true, force: true });
        const [path = "", size = 0] = [WANTED[file], sizes[file]];
        const places = at.map((part) => Math.min(size - 1, Math.floor(part * size))).sort((a, b) => a - b);
        const before = hub.sentBytes();
        hub.cutAfter = (one, from) => {
          const place = one === path ? places.shift() : undefined;
          return place === undefined ? undefined : Math.max(0, place - from);
        };
        await pull();
        await expectWhole();
        // Nothing was sent twice, so that every cut was gone on from.
        expect(hub.sentBytes() - before).toBeLessThanOrEqual(sizes.reduce((sum, one) => sum + one, 0));
      }),
      { numRuns: 60 },
    );
  });

  test("at every single byte goes on there and ends with the right checksum", { timeout: 180_000 }, async () => {
    const id = parseHubId("org/tiny");
    const graph = content.get("onnx/model.onnx");
    if (id === undefined || graph === undefined) throw new Error("There is no graph");
    const client = makeHubClient(readConfig({ HF_ENDPOINT: hub.url }).hub);
    const hex = createHash("sha256").update(graph).digest("hex");
    const file = { path: "onnx/model.onnx", size: graph.length, checksum: { kind: "sha256", hex } } as const;
    const { signal } = new AbortController();
    const options = { client, signal, retryMs: 1, onBytes: () => undefined };
    for (let place = 0; place < graph.length; place += 1) {
      const before = hub.sentBytes();
      let cuts = 1;
      hub.cutAfter = () => (cuts-- > 0 ? place : undefined);
      const path = join(modelsDir, String(place));
      await downloadFile({ id, commit: HUB_COMMIT, file }, path, options);
      expect((await readFile(path)).equals(graph), `cut at ${place}`).toBe(true);
      expect(hub.sentBytes() - before, `cut at ${place}`).toBe(graph.length);
    }
    await client.close();
  });

  test("again and again leaves no model, and the next call goes on where it was", async () => {
    hub.cutAfter = (path, from) =>
      path === "tokenizer.json" && from < 200 ? 20 : path === "tokenizer.json" ? 0 : undefined;
    const error = await refusal();
    expect(error).toMatchObject({ code: "model_unavailable" });
    expect(error.message).toContain(hub.url);
    expect(await pulled()).toEqual(new Map());
    expect(await listModels({ modelsDir, bundledDir: modelsDir })).toEqual([]);
    expect(await partsLeft()).toContain(`org--tiny/${HUB_COMMIT}/tokenizer.json.part`);
    hub.cutAfter = () => undefined;
    hub.seen.length = 0;
    await pull();
    await expectWhole();
    expect(hub.seen.map(({ range }) => range).filter((range) => range !== undefined)).toHaveLength(1);
  });

  test("begins again where the server takes no ranges", async () => {
    hub.takesRanges = false;
    let cuts = 3;
    hub.cutAfter = (path) => (path === "onnx/model.onnx" && cuts-- > 0 ? 100 : undefined);
    await pull();
    await expectWhole();
    expect(cuts).toBe(-1);
  });

  test("and whose part was damaged on the disk meanwhile begins again", async () => {
    const parts = join(modelsDir, ".downloads", "org--tiny", HUB_COMMIT);
    await mkdir(parts, { recursive: true });
    await writeFile(join(parts, "tokenizer.json.part"), "not what was sent");
    await writeFile(join(parts, "config.json.part"), Buffer.alloc(10_000));
    await pull();
    await expectWhole();
  });

  test("while the hub is busy waits as long as it says", async () => {
    let left = 2;
    hub.answer = ({ at }) =>
      at === "store" && left-- > 0 ? { status: 429, headers: { "retry-after": "0" } } : undefined;
    await pull();
    await expectWhole();
    hub.answer = ({ path }) =>
      path.includes("/revision/") ? { status: 429, headers: { "retry-after": "3600" } } : undefined;
    expect((await refusal("org/tiny@v1")).message).toMatch(/429 and wants to be asked again in 3600 s/);
  });

  test("by the store's address having run out asks the hub for another", async () => {
    let left = 1;
    hub.answer = ({ at }) => (at === "store" && left-- > 0 ? { status: 403 } : undefined);
    await pull();
    await expectWhole();
  });

  test("by whoever asked for it stops at once and leaves what came", async () => {
    const stop = new AbortController();
    hub.hold = (path) => {
      if (path === "tokenizer.json") stop.abort(new Error("Told to stop"));
      return path === "tokenizer.json" ? new Promise(() => undefined) : Promise.resolve();
    };
    await expect(pull("org/tiny", { signal: stop.signal })).rejects.toThrow("Told to stop");
    expect(await pulled()).toEqual(new Map());
    hub.hold = () => Promise.resolve();
    await pull();
    await expectWhole();
  });
});

describe("what is not as the hub lists it", () => {
  test("by its checksum is refused, and nothing of the model is left", async () => {
    for (const path of ["onnx/model.onnx", "tokenizer.json"]) {
      hub.send = (one, file) => (one === path ? Buffer.concat([file.subarray(0, -1), Buffer.from("?")]) : file);
      const error = await refusal();
      expect(error).toMatchObject({ code: "model_unavailable", details: { file: path } });
      expect(error.message).toMatch(/another checksum/);
      expect(await pulled()).toEqual(new Map());
      expect((await partsLeft()).filter((file) => !file.includes("lock-"))).toEqual([]);
    }
  });

  test("by being longer or shorter is refused", async () => {
    hub.send = (path, file) => (path === "onnx/model.onnx" ? Buffer.concat([file, Buffer.from("more")]) : file);
    expect((await refusal()).message).toMatch(/longer than/);
    hub.send = (path, file) => (path === "onnx/model.onnx" ? file.subarray(0, 50) : file);
    expect((await refusal()).message).toMatch(/416|ended after 50/);
    expect(await pulled()).toEqual(new Map());
  });
});

describe("a model that is not to be had", () => {
  test("is refused with what to do about it", async () => {
    expect(await refusal("org/none")).toMatchObject({ code: "invalid", message: /no model "org\/none".*HF_TOKEN/ });
    expect(await refusal("org/tiny@nope")).toMatchObject({ code: "invalid", message: /no revision "nope"/ });
    hub.access = "gated";
    expect(await refusal()).toMatchObject({ code: "model_unavailable", message: /Ask them at .*HF_TOKEN/ });
    hub.access = "private";
    expect(await refusal()).toMatchObject({ code: "invalid", message: /or it is private.*HF_TOKEN/ });
    hub.access = "open";
    hub.answer = () => ({ status: 403, headers: { "x-error-code": "GatedRepo" } });
    expect(await refusal("org/tiny", {}, { HF_TOKEN: "hf_other" })).toMatchObject({ message: /not to this token/ });
    hub.answer = () => ({ status: 403 });
    expect(await refusal()).toMatchObject({ code: "model_unavailable", message: /wants to know who asks.*HF_TOKEN/ });
    hub.answer = () => ({ status: 200 });
    expect((await refusal()).message).toMatch(/no model hub.*HF_ENDPOINT/);
  });

  test("because it has nothing that runs here is refused before its large files come", async () => {
    const without = (...paths: string[]): Map<string, Buffer> =>
      new Map([...content].filter(([path]) => !paths.includes(path)));
    hub.models.set("org/weights", without("onnx/model.onnx"));
    expect((await refusal("org/weights")).message).toMatch(
      /it has onnx\/model_q4.onnx.*onnx-community\/weights.*optimum-cli/,
    );
    hub.models.set("org/words", without("tokenizer.json"));
    expect((await refusal("org/words")).message).toMatch(/no tokenizer\.json/);
    hub.models.set("org/odd", new Map([...content, ["config.json", Buffer.from("{}")]]));
    const odd = await refusal("org/odd");
    expect(odd.message).toMatch(/org\/odd\/config\.json names no hidden_size/);
    expect(hub.seen.filter(({ at }) => at === "store")).toEqual([]);
  });

  test("for want of room or a folder to write is refused with how much it needs", async () => {
    const error = await refusal("org/tiny", { tuning: { ...TUNING, freeBytes: 1_000 } });
    expect(error).toMatchObject({ code: "model_unavailable", details: { field: "POLYSEME_MODELS_DIR" } });
    expect(error.message).toMatch(/needs 1 MB more.*1 MB are free/);
    await writeFile(join(modelsDir, "file"), "");
    expect((await refusal("org/tiny", { modelsDir: join(modelsDir, "file") })).message).toMatch(/POLYSEME_MODELS_DIR/);
  });

  test("because nobody answers is refused with the address, after some tries", async () => {
    const { url } = hub;
    await hub.stop();
    const error = await refusal("org/tiny", {}, { HF_ENDPOINT: url });
    expect(error).toMatchObject({ code: "model_unavailable" });
    expect(error.message).toMatch(/ECONNREFUSED.*HF_ENDPOINT/);
    hub = await startHub(new Map());
  });

  test("because its folder is there and is no model leaves that as it is", async () => {
    await mkdir(join(modelsDir, "org/tiny"), { recursive: true });
    await writeFile(join(modelsDir, "org/tiny/notes.txt"), "mine");
    expect((await refusal()).message).toMatch(/is no model/);
    expect(await readdir(join(modelsDir, "org/tiny"))).toEqual(["notes.txt"]);
  });
});

describe("a token", () => {
  const all = (at: "hub" | "store"): Set<string | undefined> =>
    new Set(hub.seen.filter((seen) => seen.at === at).map(({ authorization }) => authorization));

  test("opens a gated model and is sent to the hub, never to the store that it sends on to", async () => {
    hub.access = "gated";
    await pull("org/tiny", {}, { HF_TOKEN: HUB_TOKEN });
    await expectWhole();
    expect(all("hub")).toEqual(new Set([`Bearer ${HUB_TOKEN}`]));
    expect(all("store")).toEqual(new Set([undefined]));
  });

  test("is taken from the file where the hub's own tools keep it, unless that is not wanted", async () => {
    await writeFile(join(modelsDir, "token"), `${HUB_TOKEN}\n`);
    hub.access = "private";
    await refusal("org/tiny", {}, { HF_HOME: modelsDir, HF_HUB_DISABLE_IMPLICIT_TOKEN: "1" });
    expect(all("hub")).toEqual(new Set([undefined]));
    await pull("org/tiny", {}, { HF_HOME: modelsDir });
    await expectWhole();
  });
});

describe("a proxy", () => {
  /** A name that only the proxy can find. */
  const endpoint = "http://hub.invalid";

  test("is asked for everything, but for hosts that NO_PROXY names", async () => {
    const proxy = await startProxy({ "hub.invalid": hub.url });
    try {
      await pull("org/tiny", {}, { HF_ENDPOINT: endpoint, HTTP_PROXY: proxy.url });
      await expectWhole();
      expect(proxy.hosts()).toContain("hub.invalid");
      const before = proxy.hosts().length;
      const env = { HF_ENDPOINT: endpoint, HTTP_PROXY: proxy.url, NO_PROXY: "localhost,.invalid" };
      expect((await refusal("org/tiny@v1", {}, env)).message).toMatch(/hub\.invalid/);
      expect(proxy.hosts()).toHaveLength(before);
    } finally {
      await proxy.stop();
    }
  });

  test("that is no URL is refused by the names of its settings", () => {
    const { hub: config } = readConfig({ HTTPS_PROXY: "ftp://me:s3cret@proxy" });
    expect(() => makeHubClient(config)).toThrow(/HTTPS_PROXY/);
    expect(() => makeHubClient(config)).not.toThrow(/s3cret/);
  });
});

describe("two that want the same model at once", () => {
  test("have it downloaded once", async () => {
    const waited: number[] = [];
    const results = await Promise.all([0, 1, 2].map((one) => pull("org/tiny", { onWait: () => waited.push(one) })));
    expect(results.filter(({ download }) => download !== undefined)).toHaveLength(1);
    expect(waited).toHaveLength(2);
    await expectWhole();
    expect(hub.seen.filter(({ at }) => at === "store")).toHaveLength(1);
  });

  test("of which one is silent have it from the other, and the silent one gives up", async () => {
    let release: () => void = () => undefined;
    let isFirst = true;
    hub.hold = (path) => {
      if (path !== "onnx/model.onnx" || !isFirst) return Promise.resolve();
      isFirst = false;
      return new Promise((resolve) => (release = resolve));
    };
    // Its next beat would come long after the other has taken it for dead.
    const silent = pull("org/tiny", { tuning: { ...TUNING, beatMs: 2_000 } }).catch((error: unknown) => error);
    const other = await pull("org/tiny", { tuning: TUNING });
    expect(other.download?.commit).toBe(HUB_COMMIT);
    release();
    expect(String(await silent)).toMatch(/Another process goes on/);
    await expectWhole();
  });
});

test("a download of another commit is thrown away when the revision has moved on", async () => {
  hub.cutAfter = (path) => (path === "onnx/model.onnx" ? 0 : undefined);
  await refusal();
  hub.cutAfter = () => undefined;
  hub.commit = "f".repeat(40);
  await pull();
  await expectWhole();
  expect(await partsLeft()).toEqual(["org--tiny/lock-2.json"]);
  expect(await readFile(join(modelsDir, "org/tiny/polyseme-download.json"), "utf8")).toContain("f".repeat(40));
});
