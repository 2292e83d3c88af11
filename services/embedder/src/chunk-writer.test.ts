import { makeMetrics, PolysemeError } from "@polyseme/core";
import type { Database, EmbeddedDocument } from "@polyseme/store";
import { describe, expect, test } from "vitest";
import { makeChunkWriter } from "./chunk-writer.ts";

interface FakeStore {
  /** The ids of each statement, in order. */
  readonly statements: string[][];
  /** Ids that make a statement fail. */
  readonly poison: Set<string>;
  /** Ids that were replaced meanwhile. */
  readonly stale: Set<string>;
  fault: Error;
  mostAtOnce: number;
}

function writerOver(inWork: () => number = () => 0) {
  const store: FakeStore = {
    statements: [],
    poison: new Set(),
    stale: new Set(),
    fault: new Error("a chunk cannot be stored"),
    mostAtOnce: 0,
  };
  let running = 0;
  const database: Database = {
    vectorOid: () => Promise.resolve(16_385),
    sparseOid: () => Promise.reject(new Error("Not used")),
    withTransaction: () => Promise.reject(new Error("Not used")),
    openSnapshot: () => Promise.reject(new Error("Not used")),
    withSession: () => Promise.reject(new Error("Not used")),
    queryWith: () => Promise.reject(new Error("Not used")),
    copyOut: () => Promise.reject(new Error("Not used")),
    close: () => Promise.resolve(),
    async query<Row extends object>(_sql: string, params: readonly unknown[] = []) {
      const ids = params[1] as string[];
      store.statements.push(ids);
      running += 1;
      store.mostAtOnce = Math.max(store.mostAtOnce, running);
      await new Promise((resolve) => setImmediate(resolve));
      running -= 1;
      if (ids.some((id) => store.poison.has(id))) throw store.fault;
      const row = { live: true, stored: ids.filter((id) => !store.stale.has(id)) } as unknown as Row;
      return { rows: [row], rowCount: 1 };
    },
  };
  return { store, writer: makeChunkWriter(database, makeMetrics({ processMetrics: false }), inWork) };
}

const target = { collectionId: 1, generation: 1 };

function documentOf(id: string, chunks = 1): EmbeddedDocument {
  const embedding = Float32Array.of(1, 0);
  return {
    id,
    revision: 1,
    storedChunks: 0,
    chunks: Array.from({ length: chunks }, (_, start) => ({ start, end: start + 1, text: "t", tokens: 1, embedding })),
  };
}

const ids = (count: number): string[] =>
  Array.from({ length: count }, (_, index) => `d${String(index).padStart(3, "0")}`);

describe("finished documents", () => {
  test("that come while a statement runs go with the next one", async () => {
    const { store, writer } = writerOver();
    const stored = await Promise.all(ids(20).map((id) => writer.write(target, documentOf(id))));
    expect(stored).toEqual(Array(20).fill("stored"));
    expect(store.statements).toEqual([["d000"], ids(20).slice(1)]);
    expect(store.mostAtOnce).toBe(1);
  });

  test("wait for those in work and go with them, but the last one waits for nobody", async () => {
    const { store, writer } = writerOver(() => 20);
    await writer.write(target, documentOf("first"));
    const writes = ids(20).map((id) => writer.write(target, documentOf(id)));
    await Promise.all(writes);
    expect(store.statements).toEqual([["first"], ids(20)]);
  });

  test("are written after a moment when those in work take long", async () => {
    const { store, writer } = writerOver(() => 100);
    await writer.write(target, documentOf("first"));
    await expect(writer.write(target, documentOf("second"))).resolves.toBe("stored");
    expect(store.statements).toEqual([["first"], ["second"]]);
  });

  test("learn that they were replaced meanwhile, each for itself", async () => {
    const { store, writer } = writerOver();
    store.stale.add("d002");
    const stored = await Promise.all(ids(4).map((id) => writer.write(target, documentOf(id))));
    expect(stored).toEqual(["stored", "stored", "stale", "stored"]);
  });

  test("of another collection or generation have a statement of their own", async () => {
    const { store, writer } = writerOver();
    const other = { collectionId: 2, generation: 1 };
    const newer = { collectionId: 1, generation: 2 };
    const targets = [target, target, other, newer, target, other];
    await Promise.all(targets.map((one, index) => writer.write(one, documentOf(`d${index}`))));
    expect(store.statements).toEqual([["d0"], ["d1", "d4"], ["d2", "d5"], ["d3"]]);
  });

  test("share a statement up to 512 chunks, and a larger document has one alone", async () => {
    const { store, writer } = writerOver();
    const sizes = [1, 300, 212, 1, 600, 1];
    await Promise.all(sizes.map((chunks, index) => writer.write(target, documentOf(`d${index}`, chunks))));
    expect(store.statements).toEqual([["d0"], ["d1", "d2"], ["d3"], ["d4"], ["d5"]]);
  });
});

describe("a statement that fails", () => {
  test("for one document's sake fails that document alone, found by halving", async () => {
    const { store, writer } = writerOver();
    store.poison.add("d037");
    const results = await Promise.allSettled(ids(65).map((id) => writer.write(target, documentOf(id))));
    expect(results.map(({ status }) => status)).toEqual(
      ids(65).map((id) => (id === "d037" ? "rejected" : "fulfilled")),
    );
    expect(results[37]).toMatchObject({ reason: store.fault });
    // The first document alone, then 64 halved down to one: two statements for each of six halvings, and the whole.
    expect(store.statements).toHaveLength(1 + 1 + 2 * 6);
    expect(store.mostAtOnce).toBe(1);
  });

  test("for several documents' sake fails exactly those", async () => {
    const { store, writer } = writerOver();
    for (const id of ["d001", "d002", "d017", "d032"]) store.poison.add(id);
    const results = await Promise.allSettled(ids(33).map((id) => writer.write(target, documentOf(id))));
    const failed = ids(33).filter((_, index) => results[index]?.status === "rejected");
    expect(failed).toEqual(["d001", "d002", "d017", "d032"]);
  });

  test("because Postgres is away fails all of its documents and is not run again in halves", async () => {
    const { store, writer } = writerOver();
    store.poison.add("d005");
    store.fault = new PolysemeError("unavailable", "Postgres is not available");
    const results = await Promise.allSettled(ids(9).map((id) => writer.write(target, documentOf(id))));
    expect(results.map(({ status }) => status)).toEqual(["fulfilled", ...Array<string>(8).fill("rejected")]);
    expect(store.statements).toHaveLength(2);
  });

  test("does not keep later documents from being written", async () => {
    const { store, writer } = writerOver();
    store.poison.add("bad");
    await expect(writer.write(target, documentOf("bad"))).rejects.toBe(store.fault);
    await expect(writer.write(target, documentOf("good"))).resolves.toBe("stored");
  });
});
