import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makeLog, NO_TOKENS, readConfig } from "@polyseme/core";
import { afterEach, describe, expect, test, vi } from "vitest";
import { makeQuarantine, type Quarantine, type QuarantineOptions } from "./quarantine.ts";

const chunking = { maxTokens: 256, overlapTokens: 0, strategy: "sentence" } as const;
const suspect = (text: string, model = "all-MiniLM-L6-v2") => ({
  model,
  text,
  chunking,
  tokens: NO_TOKENS,
  language: null,
});
const never = new AbortController().signal;

const open: Quarantine[] = [];
afterEach(() => Promise.all(open.splice(0).map((quarantine) => quarantine.close())));

/** With a process that does what each text says. */
function quarantine(options: Partial<QuarantineOptions> = {}): Quarantine {
  const made = makeQuarantine({
    settings: readConfig({}),
    log: makeLog("silent", "test"),
    ...options,
    child: { entry: new URL("../../../../test/fixtures/quarantine/child.mjs", import.meta.url), ...options.child },
  });
  open.push(made);
  return made;
}

/** The stand-in tells its process id as a chunk's tokens. */
async function processOf(made: Quarantine): Promise<number> {
  const [chunk] = await made.embed(suspect("healthy"), never);
  expect(chunk).toMatchObject({ text: "healthy", start: 0, end: 7 });
  return chunk?.tokens ?? 0;
}

const isRunning = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

describe("a document in quarantine", () => {
  test("that lives is encoded, in the same process as the one before it", async () => {
    const made = quarantine();
    const first = await processOf(made);
    expect(first).not.toBe(process.pid);
    expect(await processOf(made)).toBe(first);
  });

  test.each([
    ["killer", /was ended by SIGKILL, 2 times/],
    ["exit", /exited with code 7/],
    ["thread", /lost its encoder: its thread ended/],
  ])("that kills it as %s does fails with its own code, and the next one lives", async (text, message) => {
    const log = makeLog("silent", "test");
    const deaths = vi.spyOn(log, "error");
    const made = quarantine({ log });
    const failing = made.embed(suspect(text), never);
    const next = processOf(made);
    await expect(failing).rejects.toMatchObject({
      code: "encoder_crashed",
      retry: "never",
      message: expect.stringMatching(message) as string,
    });
    expect(await next).toBeGreaterThan(0);
    expect(deaths).toHaveBeenCalledTimes(2);
  });

  test("whose first process is ended by something else is encoded by the second", async () => {
    const folder = await mkdtemp(join(tmpdir(), "polyseme-once-"));
    const [chunk] = await quarantine().embed(suspect(`once:${folder}/mark`), never);
    expect(chunk?.tokens).toBeGreaterThan(0);
    await rm(folder, { recursive: true });
  });

  test("that the encoder refuses fails with the encoder's code", async () => {
    await expect(quarantine().embed(suspect("bad"), never)).rejects.toMatchObject({
      code: "encode_failed",
      message: "NaN",
    });
  });

  test("that gives no sign of life is ended", async () => {
    const made = quarantine({ child: { chunkMs: 100 } });
    await expect(made.embed(suspect("hang"), never)).rejects.toMatchObject({
      code: "encoder_crashed",
      message: expect.stringMatching(/no sign of life for 0.1 s/) as string,
    });
  });

  test("is not blamed when its model cannot be opened", async () => {
    await expect(quarantine().embed(suspect("any", "unopenable"), never)).rejects.toMatchObject({
      code: "model_unavailable",
      retry: "wait",
    });
  });

  test("is given back at once when its worker stops, and blamed for nothing", async () => {
    const made = quarantine();
    const stop = new AbortController();
    const running = made.embed(suspect("hang"), stop.signal);
    const waiting = made.embed(suspect("healthy"), stop.signal);
    const reason = new Error("the worker is stopping");
    stop.abort(reason);
    await expect(running).rejects.toBe(reason);
    await expect(waiting).rejects.toBe(reason);
  });

  test("is refused for a while when very many wait already, and once closed", async () => {
    const made = quarantine();
    const stop = new AbortController();
    const waiting = Array.from({ length: 256 }, () => made.embed(suspect("hang"), stop.signal).catch(() => undefined));
    await expect(made.embed(suspect("healthy"), never)).rejects.toMatchObject({ code: "overloaded", retry: "wait" });
    stop.abort(new Error("enough"));
    await Promise.all(waiting);
    await made.close();
    await expect(made.embed(suspect("healthy"), never)).rejects.toMatchObject({ code: "unavailable" });
  });
});

test("the process is closed when no document came for a while, and started again for the next", async () => {
  const made = quarantine({ idleMs: 50 });
  const first = await processOf(made);
  await vi.waitFor(() => expect(isRunning(first)).toBe(false), { timeout: 5_000 });
  const second = await processOf(made);
  expect(second).not.toBe(first);
  await made.close();
  expect(isRunning(second)).toBe(false);
});

test.each([
  ["", { ...NO_TOKENS, tokenVectors: "int8" }],
  ["late ", { ...NO_TOKENS, tokenVectors: "half", lateChunking: true }],
] as const)("a real encoder in quarantine gives the same %svectors as one that is not", async (_, tokens) => {
  const { makeCatalog, makeEncoderRegistry } = await import("@polyseme/encoder");
  const { embedDocument } = await import("../embed-document.ts");
  const { makeTokenPermits } = await import("../token-permits.ts");
  const config = readConfig({});
  const made = makeQuarantine({ settings: config, log: makeLog("silent", "test") });
  open.push(made);
  const text = "Rivers carve valleys over thousands of years. ".repeat(40);
  const settings = { chunking: { ...chunking, maxTokens: 64 }, tokens, language: null };
  const encoders = makeEncoderRegistry(makeCatalog({ defaultModel: config.model, modelsDir: undefined }), {
    threads: 1,
  });
  const encoder = await encoders.get(config.model);
  const [inside, outside] = await Promise.all([
    made.embed({ model: config.model, text, ...settings }, never),
    embedDocument({ text }, settings, encoder, makeTokenPermits(4_096), {
      flow: { key: "test", weight: 1 },
      signal: never,
    }),
  ]);
  await encoders.close();
  expect(outside.length).toBeGreaterThan(3);
  expect(inside).toEqual(outside);
});
