import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Environment } from "@polyseme/core";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { waitUntil, type HttpCaller } from "./support/http.ts";
import { filesOf, HUB_COMMIT, HUB_TOKEN, startHub, type TestHub } from "./support/hub.ts";
import { runCliHere, startCli } from "./support/run-cli.ts";
import { startEmbeddedStack, type TestStack } from "./support/stack.ts";

const BUNDLED = fileURLToPath(new URL("../models/all-MiniLM-L6-v2", import.meta.url));
const MODEL = "org/small-encoder";
const GRAPH = "onnx/model.onnx";

let content: Map<string, Buffer>;
let hub: TestHub;
let folder: string;
const stacks: TestStack[] = [];

beforeAll(async () => {
  const files = await filesOf(BUNDLED);
  // As exporters name it.
  content = new Map([...files].map(([path, bytes]) => [path === "onnx/model_int8.onnx" ? GRAPH : path, bytes]));
});
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "polyseme-hub-models-"));
  hub = await startHub(new Map([[MODEL, content]]));
});
afterEach(async () => {
  for (const stack of stacks.splice(0)) await stack.stop();
  await hub.stop();
  await rm(folder, { recursive: true });
});
afterAll(() => {
  content.clear();
});

const settings = (more: Environment = {}): Environment => ({
  HF_ENDPOINT: hub.url,
  HF_HOME: folder,
  POLYSEME_MODELS_DIR: join(folder, "models"),
  ...more,
});

async function serve(more: Environment): Promise<HttpCaller> {
  const stack = await startEmbeddedStack({ ...settings({ POLYSEME_MODEL: MODEL }), ...more });
  stacks.push(stack);
  return stack.http;
}

const embed = (http: HttpCaller) => http.call("POST", "/v1/embeddings", { model: MODEL, input: "A text." });
const isThere = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );
const partBytes = (): Promise<number> =>
  stat(join(folder, "models/.downloads/org--small-encoder", HUB_COMMIT, `${GRAPH}.part`)).then(
    ({ size }) => size,
    () => 0,
  );

test(
  "a server with a hub's id listens while the model comes, says so, encodes then, and later without the hub",
  { timeout: 180_000 },
  async () => {
    let release: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    hub.hold = (path) => (path === GRAPH ? held : Promise.resolve());
    hub.access = "gated";
    const http = await serve({ HF_TOKEN: HUB_TOKEN });
    expect((await http.call("GET", "/healthz")).status).toBe(200);
    const readiness = await http.call("GET", "/readyz");
    expect(readiness.status).toBe(503);
    expect(JSON.stringify(readiness.body)).toMatch(
      /The model org\/small-encoder is being downloaded \(\d+ of 2\d MB\)/,
    );
    expect(await embed(http)).toMatchObject({ status: 503 });
    const { status, body } = await http.call("POST", "/v1/collections/notes/documents", { id: "a", text: "A text." });
    expect([status, JSON.stringify(body)]).toEqual([503, expect.stringContaining("being downloaded")]);
    release();
    await waitUntil("the server is ready", async () => (await http.call("GET", "/readyz")).status === 200);
    expect(await embed(http)).toMatchObject({ status: 200 });
    const { ticket } = await http.push("notes", [{ id: "a", text: "A text." }]);
    expect(await http.settled(ticket)).toMatchObject({ stored: 1 });
    // A request may not make the server fetch what it names.
    const other = await http.call("PUT", "/v1/collections/other", { model: "org/other" });
    expect([other.status, JSON.stringify(other.body)]).toEqual([
      400,
      expect.stringContaining("polyseme models pull org/other"),
    ]);
    await stacks.pop()?.stop();

    hub.seen.length = 0;
    const offline = await serve({ HF_HUB_OFFLINE: "1" });
    expect(await embed(offline)).toMatchObject({ status: 200 });
    expect(hub.seen).toEqual([]);
  },
);

test(
  "a server whose model the hub does not have, or may not be asked for, ends with what to do",
  { timeout: 180_000 },
  async () => {
    await expect(serve({ POLYSEME_MODEL: "org/none" })).rejects.toThrow(/no model "org\/none"/);
    await expect(serve({ HF_HUB_OFFLINE: "1" })).rejects.toThrow(/HF_HUB_OFFLINE forbids/);
  },
);

test(
  "a download whose process is killed is gone on with by the next one, and no half model is found meanwhile",
  { timeout: 180_000 },
  async () => {
    hub.hold = (path) => (path === GRAPH ? new Promise(() => undefined) : Promise.resolve());
    const first = startCli(["models", "pull", MODEL], settings());
    await waitUntil("half of the graph is here", async () => (await partBytes()) > 10_000_000, 120_000);
    await first.end("SIGKILL");
    const had = await partBytes();
    expect(await isThere(join(folder, "models", MODEL))).toBe(false);
    expect((await runCliHere(["models", "list", "--json"], settings())).out).not.toContain("small-encoder");

    hub.hold = () => Promise.resolve();
    hub.seen.length = 0;
    const second = startCli(["models", "pull", MODEL], settings());
    expect([await second.end(), second.output()]).toEqual([0, expect.stringContaining(join(folder, "models", MODEL))]);
    expect(hub.seen.filter(({ at }) => at === "store").map(({ range }) => range)).toEqual([`bytes=${had}-`]);
    for (const [path, bytes] of content)
      if (path !== "LICENSE")
        expect((await filesOf(join(folder, "models", MODEL))).get(path)?.equals(bytes), path).toBe(true);
    expect((await runCliHere(["models", "list", "--json"], settings())).out).toContain(MODEL);
  },
);

test("two processes that want it at once download it once", async () => {
  const both = [0, 1].map(() => startCli(["models", "pull", MODEL, "--json"], settings()));
  expect(await Promise.all(both.map((one) => one.end()))).toEqual([0, 0]);
  expect(hub.seen.filter(({ at }) => at === "store")).toHaveLength(1);
  expect(both.map((one) => one.output().includes('"downloaded": true')).sort()).toEqual([false, true]);
});

test("polyseme models pull says where the model lies, and of a name that is none what one looks like", async () => {
  const pulled = await runCliHere(["models", "pull", MODEL], settings());
  expect(pulled).toMatchObject({ code: 0, out: `${join(folder, "models", MODEL)}\n` });
  expect((await runCliHere(["models", "pull", MODEL], settings())).err).toContain("is here already");
  await expect(runCliHere(["models", "pull", "no-such"], settings())).rejects.toThrow(/org\/name@revision/);
});
