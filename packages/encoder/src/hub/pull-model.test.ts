import { createHash } from "node:crypto";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { readConfig } from "@polyseme/core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { HUB_COMMIT } from "../../../../test/support/hub.ts";
import { TUNING, usePulls, WANTED } from "../../../../test/support/pulls.ts";
import { listModels } from "../find-model.ts";
import { downloadFile } from "./download-file.ts";
import { makeHubClient } from "./hub-client.ts";
import { parseHubId } from "./hub-id.ts";

const pulls = usePulls();
const { content, expectWhole, partsLeft, pull, pulled, refusal } = pulls;

describe("a model of the hub", () => {
  test("comes with the files that are run and a record of where it is from, once", async () => {
    const progress: number[] = [];
    const first = await pull("org/tiny", {
      onProgress: ({ doneBytes, totalBytes }) => progress.push(doneBytes / totalBytes),
    });
    expect(first).toMatchObject({
      name: "org/tiny",
      folder: join(pulls.modelsDir, "org/tiny"),
      download: { commit: HUB_COMMIT },
    });
    await expectWhole();
    expect(progress[0]).toBe(0);
    expect(progress.at(-1)).toBe(1);
    expect(progress).toEqual([...progress].sort((a, b) => a - b));
    const record = JSON.parse(String((await pulled()).get("polyseme-download.json"))) as Record<string, unknown>;
    expect(record).toMatchObject({ id: "org/tiny", revision: "main", commit: HUB_COMMIT, endpoint: pulls.hub.url });
    expect(await partsLeft()).toEqual(["org--tiny/lock-1.json"]);
    pulls.hub.seen.length = 0;
    expect((await pull()).download).toBeUndefined();
    expect(pulls.hub.seen).toEqual([]);
    expect(
      (await listModels({ modelsDir: pulls.modelsDir, bundledDir: pulls.modelsDir })).map(({ name }) => name),
    ).toEqual(["org/tiny"]);
  });

  test("at a revision lies beside the one of no revision", async () => {
    await pull();
    expect((await pull("org/tiny@v1")).folder).toBe(join(pulls.modelsDir, "org/tiny@v1"));
    await expectWhole();
    await expectWhole("org/tiny@v1");
  });

  test("comes from a mirror that lists names only, with checksums from the headers of each file", async () => {
    pulls.hub.listsChecksums = false;
    // As stores do whose addresses are signed for getting.
    pulls.hub.answer = ({ at, method }) => (at === "store" && method === "HEAD" ? { status: 403 } : undefined);
    await pull();
    await expectWhole();
    const asked = pulls.hub.seen.filter(({ at, method }) => at === "hub" && method === "HEAD");
    expect(asked).toHaveLength(WANTED.length);
  });

  test("has both a float32 graph and one in half precision when a GPU is named", async () => {
    pulls.hub.models.set("org/tiny", new Map([...content, ["onnx/model_fp16.onnx", Buffer.from("half")]]));
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
        await rm(pulls.modelsDir, { recursive: true, force: true });
        const [path = "", size = 0] = [WANTED[file], sizes[file]];
        const places = at.map((part) => Math.min(size - 1, Math.floor(part * size))).sort((a, b) => a - b);
        const before = pulls.hub.sentBytes();
        pulls.hub.cutAfter = (one, from) => {
          const place = one === path ? places.shift() : undefined;
          return place === undefined ? undefined : Math.max(0, place - from);
        };
        await pull();
        await expectWhole();
        // Nothing was sent twice, so that every cut was gone on from.
        expect(pulls.hub.sentBytes() - before).toBeLessThanOrEqual(sizes.reduce((sum, one) => sum + one, 0));
      }),
      { numRuns: 60 },
    );
  });

  test("at every single byte goes on there and ends with the right checksum", { timeout: 180_000 }, async () => {
    const id = parseHubId("org/tiny");
    const graph = content.get("onnx/model.onnx");
    if (id === undefined || graph === undefined) throw new Error("There is no graph");
    const client = makeHubClient(readConfig({ HF_ENDPOINT: pulls.hub.url }).hub);
    const hex = createHash("sha256").update(graph).digest("hex");
    const file = { path: "onnx/model.onnx", size: graph.length, checksum: { kind: "sha256", hex } } as const;
    const { signal } = new AbortController();
    const options = { client, signal, retryMs: 1, onBytes: () => undefined };
    for (let place = 0; place < graph.length; place += 1) {
      const before = pulls.hub.sentBytes();
      let cuts = 1;
      pulls.hub.cutAfter = () => (cuts-- > 0 ? place : undefined);
      const path = join(pulls.modelsDir, String(place));
      await downloadFile({ id, commit: HUB_COMMIT, file }, path, options);
      expect((await readFile(path)).equals(graph), `cut at ${place}`).toBe(true);
      expect(pulls.hub.sentBytes() - before, `cut at ${place}`).toBe(graph.length);
    }
    await client.close();
  });

  test("again and again leaves no model, and the next call goes on where it was", async () => {
    pulls.hub.cutAfter = (path, from) =>
      path === "tokenizer.json" && from < 200 ? 20 : path === "tokenizer.json" ? 0 : undefined;
    const error = await refusal();
    expect(error).toMatchObject({ code: "model_unavailable" });
    expect(error.message).toContain(pulls.hub.url);
    expect(await pulled()).toEqual(new Map());
    expect(await listModels({ modelsDir: pulls.modelsDir, bundledDir: pulls.modelsDir })).toEqual([]);
    expect(await partsLeft()).toContain(`org--tiny/${HUB_COMMIT}/tokenizer.json.part`);
    pulls.hub.cutAfter = () => undefined;
    pulls.hub.seen.length = 0;
    await pull();
    await expectWhole();
    expect(pulls.hub.seen.map(({ range }) => range).filter((range) => range !== undefined)).toHaveLength(1);
  });

  test("begins again where the server takes no ranges", async () => {
    pulls.hub.takesRanges = false;
    let cuts = 3;
    pulls.hub.cutAfter = (path) => (path === "onnx/model.onnx" && cuts-- > 0 ? 100 : undefined);
    await pull();
    await expectWhole();
    expect(cuts).toBe(-1);
  });

  test("and whose part was damaged on the disk meanwhile begins again", async () => {
    const parts = join(pulls.modelsDir, ".downloads", "org--tiny", HUB_COMMIT);
    await mkdir(parts, { recursive: true });
    await writeFile(join(parts, "tokenizer.json.part"), "not what was sent");
    await writeFile(join(parts, "config.json.part"), Buffer.alloc(10_000));
    await pull();
    await expectWhole();
  });

  test("while the hub is busy waits as long as it says", async () => {
    let left = 2;
    pulls.hub.answer = ({ at }) =>
      at === "store" && left-- > 0 ? { status: 429, headers: { "retry-after": "0" } } : undefined;
    await pull();
    await expectWhole();
    pulls.hub.answer = ({ path }) =>
      path.includes("/revision/") ? { status: 429, headers: { "retry-after": "3600" } } : undefined;
    expect((await refusal("org/tiny@v1")).message).toMatch(/429 and wants to be asked again in 3600 s/);
  });

  test("by the store's address having run out asks the hub for another", async () => {
    let left = 1;
    pulls.hub.answer = ({ at }) => (at === "store" && left-- > 0 ? { status: 403 } : undefined);
    await pull();
    await expectWhole();
  });

  test("by whoever asked for it stops at once and leaves what came", async () => {
    const stop = new AbortController();
    pulls.hub.hold = (path) => {
      if (path === "tokenizer.json") stop.abort(new Error("Told to stop"));
      return path === "tokenizer.json" ? new Promise(() => undefined) : Promise.resolve();
    };
    await expect(pull("org/tiny", { signal: stop.signal })).rejects.toThrow("Told to stop");
    expect(await pulled()).toEqual(new Map());
    pulls.hub.hold = () => Promise.resolve();
    await pull();
    await expectWhole();
  });
});

describe("what is not as the hub lists it", () => {
  test("by its checksum is refused, and nothing of the model is left", async () => {
    for (const path of ["onnx/model.onnx", "tokenizer.json"]) {
      pulls.hub.send = (one, file) => (one === path ? Buffer.concat([file.subarray(0, -1), Buffer.from("?")]) : file);
      const error = await refusal();
      expect(error).toMatchObject({ code: "model_unavailable", details: { file: path } });
      expect(error.message).toMatch(/another checksum/);
      expect(await pulled()).toEqual(new Map());
      expect((await partsLeft()).filter((file) => !file.includes("lock-"))).toEqual([]);
    }
  });

  test("by being longer or shorter is refused", async () => {
    pulls.hub.send = (path, file) => (path === "onnx/model.onnx" ? Buffer.concat([file, Buffer.from("more")]) : file);
    expect((await refusal()).message).toMatch(/longer than/);
    pulls.hub.send = (path, file) => (path === "onnx/model.onnx" ? file.subarray(0, 50) : file);
    expect((await refusal()).message).toMatch(/416|ended after 50/);
    expect(await pulled()).toEqual(new Map());
  });
});

describe("two that want the same model at once", () => {
  test("have it downloaded once", async () => {
    const waited: number[] = [];
    const results = await Promise.all([0, 1, 2].map((one) => pull("org/tiny", { onWait: () => waited.push(one) })));
    expect(results.filter(({ download }) => download !== undefined)).toHaveLength(1);
    expect(waited).toHaveLength(2);
    await expectWhole();
    expect(pulls.hub.seen.filter(({ at }) => at === "store")).toHaveLength(1);
  });

  test("of which one is silent have it from the other", async () => {
    let release: () => void = () => undefined;
    let isFirst = true;
    pulls.hub.hold = (path) => {
      if (path !== "onnx/model.onnx" || !isFirst) return Promise.resolve();
      isFirst = false;
      return new Promise((resolve) => (release = resolve));
    };
    // Its next beat would come long after the other has taken it for dead.
    const silent = pull("org/tiny", { tuning: { ...TUNING, beatMs: 2_000 } });
    const other = await pull("org/tiny", { tuning: { ...TUNING, silentMs: 200 } });
    expect(other.download?.commit).toBe(HUB_COMMIT);
    release();
    expect((await silent).download).toBeUndefined();
    await expectWhole();
  });
});

test("a download of another commit is thrown away when the revision has moved on", async () => {
  pulls.hub.cutAfter = (path) => (path === "onnx/model.onnx" ? 0 : undefined);
  await refusal();
  pulls.hub.cutAfter = () => undefined;
  pulls.hub.commit = "f".repeat(40);
  await pull();
  await expectWhole();
  expect(await partsLeft()).toEqual(["org--tiny/lock-2.json"]);
  expect(await readFile(join(pulls.modelsDir, "org/tiny/polyseme-download.json"), "utf8")).toContain("f".repeat(40));
});
