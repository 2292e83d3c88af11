import { DEFAULT_INDEX, NO_TOKENS, type IndexSettings } from "@polyseme/core";
import { expect, test } from "vitest";
import { adviseOnIndexes } from "./index-advice.ts";
import type { IndexHealth, ServerHealth } from "./index-health.ts";
import type { GraphMeasure } from "./search-measure.ts";

const MB = 1024 ** 2;
const graph = { name: "vector_1_1_full_16_200", kind: "vector", state: "ready", bytes: 200 * MB } as const;

function health(changes: {
  index?: Partial<IndexSettings>;
  dimensions?: number;
  measured?: GraphMeasure;
  rest?: Partial<IndexHealth>;
}): IndexHealth {
  const { dimensions = 384, measured } = changes;
  return {
    collection: {
      id: 1,
      name: "notes",
      language: null,
      createdAt: new Date(0),
      index: { ...DEFAULT_INDEX, ...changes.index },
      generation: {
        number: 1,
        model: "small",
        dimensions,
        chunking: { maxTokens: 256, overlapTokens: 0, strategy: "sentence" },
        tokens: NO_TOKENS,
        language: null,
        measure:
          measured === undefined
            ? null
            : { measuredAt: "2026-01-01T00:00:00Z", chunks: 100_000, exactMs: 40, graph: measured },
      },
    },
    table: "polyseme_store.chunks_1_1",
    chunks: 100_000,
    deadChunks: 0,
    built: [graph],
    ...changes.rest,
  };
}

function adviceOn(collection: IndexHealth, server: Partial<ServerHealth> = {}): string[] {
  const whole = { pgvector: "0.8.6", sharedBuffersBytes: 4_096 * MB, graphBytes: 200 * MB, collections: [collection] };
  return adviseOnIndexes({ ...whole, ...server }).map(({ about, found, next }) => `${about}: ${found} | ${next}`);
}

test("where all is well there is nothing to do", () => {
  expect(adviceOn(health({}))).toEqual([]);
  expect(adviceOn(health({ rest: { built: [], chunks: 2_000 } }), { graphBytes: 0, pgvector: "0.8.0" })).toEqual([]);
});

test("a pgvector that may damage indexes is to be updated, where there are any", () => {
  expect(adviceOn(health({}), { pgvector: "0.8.5" })).toEqual([
    expect.stringContaining("alter extension vector update"),
  ]);
  expect(adviceOn(health({}), { pgvector: "0.9.0" })).toEqual([]);
  expect(adviceOn(health({}), { pgvector: "1.0" })).toEqual([]);
});

test("indexes that do not fit in shared_buffers are to be loaded, or held smaller", () => {
  expect(adviceOn(health({}), { sharedBuffersBytes: 128 * MB })).toEqual([expect.stringMatching(/half.*pg_prewarm/)]);
});

test("a build that was cut off, dead chunks and a bloated index each have their statement", () => {
  const invalid = { ...graph, state: "invalid" as const };
  const [cutOff] = adviceOn(health({ rest: { built: [invalid], chunks: 2_000 } }));
  expect(cutOff).toContain(`drop index concurrently polyseme_store.${graph.name}`);
  const [dead] = adviceOn(health({ rest: { deadChunks: 20_001 } }));
  expect(dead).toContain("vacuum (analyze) polyseme_store.chunks_1_1");
  const [bloated] = adviceOn(health({ rest: { chunks: 50_000 } }));
  expect(bloated).toContain(`reindex index concurrently polyseme_store.${graph.name}`);
});

test("a collection that is searched exactly and is large says why, and what would change it", () => {
  const alone = { rest: { built: [], chunks: 200_000 } };
  expect(adviceOn(health({ ...alone, index: { vector: "exact" } }))).toEqual([expect.stringContaining('"auto"')]);
  expect(adviceOn(health({ ...alone, dimensions: 3_072 }))).toEqual([expect.stringContaining('"half"')]);
  expect(adviceOn(health({ ...alone, index: { recall: 1 } }))).toEqual([expect.stringContaining("recall")]);
  expect(adviceOn(health(alone))).toEqual([expect.stringContaining("ingest")]);
});

test("an index that cannot find what is wanted says so", () => {
  const deepest = [{ efSearch: 1_000, recall: 0.91, error: 0.004, ms: 9 }];
  const measured = { index: graph.name, precision: "bit", depths: { 10: deepest, 100: deepest } } as const;
  expect(adviceOn(health({ measured }))).toEqual([expect.stringMatching(/0\.910 .*0\.95/)]);
  expect(adviceOn(health({ measured, index: { recall: 0.9 } }))).toEqual([]);
});
