import { mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { readConfig } from "@polyseme/core";
import { describe, expect, test } from "vitest";
import { HUB_TOKEN, startHub } from "../../../../test/support/hub.ts";
import { startProxy } from "../../../../test/support/proxy.ts";
import { TUNING, usePulls } from "../../../../test/support/pulls.ts";
import { makeHubClient } from "./hub-client.ts";

const pulls = usePulls();
const { content, expectWhole, pull, refusal } = pulls;

describe("a model that is not to be had", () => {
  test("is refused with what to do about it", async () => {
    expect(await refusal("org/none")).toMatchObject({ code: "invalid", message: /no model "org\/none".*HF_TOKEN/ });
    expect(await refusal("org/tiny@nope")).toMatchObject({ code: "invalid", message: /no revision "nope"/ });
    pulls.hub.access = "gated";
    expect(await refusal()).toMatchObject({ code: "model_unavailable", message: /Ask them at .*HF_TOKEN/ });
    pulls.hub.access = "private";
    expect(await refusal()).toMatchObject({ code: "invalid", message: /or it is private.*HF_TOKEN/ });
    pulls.hub.access = "open";
    pulls.hub.answer = () => ({ status: 403, headers: { "x-error-code": "GatedRepo" } });
    expect(await refusal("org/tiny", {}, { HF_TOKEN: "hf_other" })).toMatchObject({ message: /not to this token/ });
    pulls.hub.answer = () => ({ status: 403 });
    expect(await refusal()).toMatchObject({ code: "model_unavailable", message: /wants to know who asks.*HF_TOKEN/ });
    pulls.hub.answer = () => ({ status: 200 });
    expect((await refusal()).message).toMatch(/no model hub.*HF_ENDPOINT/);
  });

  test("because it has nothing that runs here is refused before its large files come", async () => {
    const without = (...paths: string[]): Map<string, Buffer> =>
      new Map([...content].filter(([path]) => !paths.includes(path)));
    pulls.hub.models.set("org/weights", without("onnx/model.onnx"));
    expect((await refusal("org/weights")).message).toMatch(
      /it has onnx\/model_q4.onnx.*onnx-community\/weights.*optimum-cli/,
    );
    pulls.hub.models.set("org/words", without("tokenizer.json"));
    expect((await refusal("org/words")).message).toMatch(/no tokenizer\.json/);
    pulls.hub.models.set("org/odd", new Map([...content, ["config.json", Buffer.from("{}")]]));
    const odd = await refusal("org/odd");
    expect(odd.message).toMatch(/org\/odd\/config\.json names no hidden_size/);
    expect(pulls.hub.seen.filter(({ at }) => at === "store")).toEqual([]);
  });

  test("for want of room or a folder to write is refused with how much it needs", async () => {
    const error = await refusal("org/tiny", { tuning: { ...TUNING, freeBytes: 1_000 } });
    expect(error).toMatchObject({ code: "model_unavailable", details: { field: "POLYSEME_MODELS_DIR" } });
    expect(error.message).toMatch(/needs 1 MB more.*1 MB are free/);
    await writeFile(join(pulls.modelsDir, "file"), "");
    expect((await refusal("org/tiny", { modelsDir: join(pulls.modelsDir, "file") })).message).toMatch(
      /POLYSEME_MODELS_DIR/,
    );
  });

  test("because nobody answers is refused with the address, after some tries", async () => {
    const gone = await startHub(new Map());
    await gone.stop();
    const error = await refusal("org/tiny", {}, { HF_ENDPOINT: gone.url });
    expect(error).toMatchObject({ code: "model_unavailable" });
    expect(error.message).toMatch(/ECONNREFUSED.*HF_ENDPOINT/);
  });

  test("because its folder is there and is no model leaves that as it is", async () => {
    await mkdir(join(pulls.modelsDir, "org/tiny"), { recursive: true });
    await writeFile(join(pulls.modelsDir, "org/tiny/notes.txt"), "mine");
    expect((await refusal()).message).toMatch(/is no model/);
    expect(await readdir(join(pulls.modelsDir, "org/tiny"))).toEqual(["notes.txt"]);
  });
});

describe("a token", () => {
  const all = (at: "hub" | "store"): Set<string | undefined> =>
    new Set(pulls.hub.seen.filter((seen) => seen.at === at).map(({ authorization }) => authorization));

  test("opens a gated model and is sent to the hub, never to the store that it sends on to", async () => {
    pulls.hub.access = "gated";
    await pull("org/tiny", {}, { HF_TOKEN: HUB_TOKEN });
    await expectWhole();
    expect(all("hub")).toEqual(new Set([`Bearer ${HUB_TOKEN}`]));
    expect(all("store")).toEqual(new Set([undefined]));
  });

  test("is taken from the file where the hub's own tools keep it, unless that is not wanted", async () => {
    await writeFile(join(pulls.modelsDir, "token"), `${HUB_TOKEN}\n`);
    pulls.hub.access = "private";
    await refusal("org/tiny", {}, { HF_HOME: pulls.modelsDir, HF_HUB_DISABLE_IMPLICIT_TOKEN: "1" });
    expect(all("hub")).toEqual(new Set([undefined]));
    await pull("org/tiny", {}, { HF_HOME: pulls.modelsDir });
    await expectWhole();
  });
});

describe("a proxy", () => {
  /** A name that only the proxy can find. */
  const endpoint = "http://hub.invalid";

  test("is asked for everything, but for hosts that NO_PROXY names", async () => {
    const proxy = await startProxy({ "hub.invalid": pulls.hub.url });
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
