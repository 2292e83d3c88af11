import { makeRowSums, packTokens } from "@polyseme/core";
import { makeFormsOf } from "@polyseme/words";
import { afterEach, describe, expect, test } from "vitest";
import type { StoredDocument, ThreadSettings } from "./rechunk-protocol.ts";
import { makeRechunkThread, type RechunkThread, type RechunkThreadOptions } from "./rechunk-thread.ts";
import { rechunk } from "./rechunk.ts";

const settings: ThreadSettings = {
  chunking: { maxTokens: 4, overlapTokens: 0, strategy: "sentence" },
  tokens: { tokenVectors: "int8", tokenPooling: 1, lateChunking: true },
  language: "en",
  specialTokens: 2,
  rows: "copied",
};
const never = new AbortController().signal;
const opened: RechunkThread[] = [];

function open(options: RechunkThreadOptions = {}): RechunkThread {
  const thread = makeRechunkThread(options);
  opened.push(thread);
  return thread;
}

/** A thread's whole code. */
function entryOf(code: string): URL {
  return new URL(`data:text/javascript,${encodeURIComponent(code)}`);
}

/** Anew each time, as what is sent is given away. */
function documentOf(text: string): StoredDocument {
  const words = [...text.matchAll(/\S+/g)];
  const units = {
    starts: Int32Array.from(words, ({ index }) => index),
    ends: Int32Array.from(words, ({ index, 0: word }) => index + word.length),
    pieces: Int32Array.from(words, () => 1),
    rows: Int32Array.from(words, (_, row) => row),
  };
  const vectors = Float32Array.from(words.flatMap((_, row) => [Math.cos(row), Math.sin(row)]));
  const packed = packTokens(units, vectors, { precision: "int8", dimensions: 2, origin: 0 });
  return { text, sections: null, chunks: [{ start: 0, packed: Uint8Array.from(packed) }] };
}

describe("a thread that cuts documents anew", () => {
  afterEach(() => Promise.all(opened.splice(0).map((thread) => thread.close())));

  test("answers what is made here, document by document", async () => {
    const texts = ["Boats carry grain. Others carry people.", "Apples are sold.", "One"];
    const thread = open();
    const [answers, alone] = await Promise.all([
      thread.rechunk(texts.map(documentOf), settings, never),
      thread.rechunk([documentOf("Apples are sold.")], settings, never),
    ]);
    const here = { ...settings, formsOf: makeFormsOf("en"), sums: makeRowSums() };
    expect(answers).toHaveLength(3);
    for (const [n, answer] of answers.entries()) {
      const document = documentOf(texts[n] ?? "");
      const chunks = rechunk(document, document.chunks, here)?.map(({ units, ...chunk }) => ({
        ...chunk,
        units: { ...units, packed: Uint8Array.from(units?.packed ?? []) },
      }));
      expect(answer).toEqual({ kind: "chunks", chunks });
    }
    expect(alone[0]).toEqual(answers[1]);
  });

  test("tells of a document without words, and of one that cannot be read, among others", async () => {
    const cut = documentOf("What was cut");
    const [first] = cut.chunks;
    const answers = await open().rechunk(
      [
        { text: "", sections: null, chunks: [] },
        { ...cut, chunks: [{ start: 0, packed: first?.packed.slice(0, 20) ?? new Uint8Array() }] },
        documentOf("Whole"),
      ],
      settings,
      never,
    );
    expect(answers.map(({ kind }) => kind)).toEqual(["wordless", "failed", "chunks"]);
  });

  test("fails what waited when it ends, and the next call has another", async () => {
    const thread = open({
      entry: entryOf(
        'import { parentPort } from "node:worker_threads"; parentPort.on("message", () => { throw new Error("it broke"); });',
      ),
    });
    for (let call = 0; call < 2; call += 1)
      await expect(thread.rechunk([documentOf("Whole")], settings, never)).rejects.toMatchObject({
        code: "internal",
        message: expect.stringContaining("it broke") as string,
      });
  });

  test("is ended when it gives no answer, and not waited for when it is told so", async () => {
    const silent = entryOf(
      'import { parentPort } from "node:worker_threads"; parentPort.on("message", () => undefined);',
    );
    await expect(
      open({ entry: silent, answerMs: 50 }).rechunk([documentOf("Whole")], settings, never),
    ).rejects.toMatchObject({ code: "internal" });
    const stop = new AbortController();
    const waiting = open({ entry: silent }).rechunk([documentOf("Whole")], settings, stop.signal);
    stop.abort(new Error("The worker is stopping"));
    await expect(waiting).rejects.toThrow("The worker is stopping");
  });

  test("is ended for want of work, and another one starts when there is some", async () => {
    const telling = entryOf(`import { parentPort, threadId } from "node:worker_threads";
      parentPort.on("message", ({ number }) => parentPort.postMessage({ number, documents: [{ kind: "failed", message: String(threadId) }] }));`);
    const thread = open({ entry: telling, idleMs: 1 });
    const askedOf = async (): Promise<unknown> => (await thread.rechunk([documentOf("Whole")], settings, never))[0];
    const first = await askedOf();
    await expect.poll(askedOf, { timeout: 10_000 }).not.toEqual(first);
  });
});
