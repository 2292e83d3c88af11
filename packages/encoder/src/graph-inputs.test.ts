import { appendFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { TINY, writeTinyModel } from "../../../test/fixtures/encoder/tiny-model.ts";
import { encodeTexts, openEncoder } from "./encoder.ts";
import { graphAddition, input, node, output, tensor } from "./onnx-parts.ts";
import type { ModelInfo } from "./types.ts";

let folder: string;
beforeEach(async () => (folder = await writeTinyModel({ pooling_mode: "mean" })));
afterEach(() => rm(folder, { recursive: true }));

const write = (file: string, value: unknown) => writeFile(join(folder, file), JSON.stringify(value));

/** The graph's own pooled output: the row of the second token, or of the first position. */
async function addPooled(rows: "last_hidden_state" | "position_ids", place: number): Promise<void> {
  const positions = [input("position_ids", "int64"), node("Gather", ["table", "position_ids"], "at_positions")];
  const parts = [
    ...(rows === "position_ids" ? positions : []),
    tensor("place", place),
    node("Gather", [rows === "position_ids" ? "at_positions" : rows, "place"], "sentence_embedding", { axis: 1 }),
    output("sentence_embedding"),
  ];
  await appendFile(join(folder, "onnx/model.onnx"), graphAddition(parts));
}

async function embed(...texts: string[]): Promise<{ info: ModelInfo; ids: number[][]; embeddings: number[][] }> {
  const encoder = await openEncoder({ folder, threads: 1, budget: { runCostTokens: 100 } });
  try {
    const encoded = await encodeTexts(encoder, texts, { wants: { embedding: true }, lane: "bulk" });
    return {
      info: encoder.info,
      ids: encoded.map(({ tokens }) => [...tokens.ids]),
      embeddings: encoded.map((one) => Array.from(one.encoded.embedding ?? [], (value) => Number(value.toFixed(5)))),
    };
  } finally {
    await encoder.close();
  }
}

describe("positions, where a graph wants to be told them", () => {
  test("count from 0", async () => {
    // The fourth position's row is the fourth of the table; the shorter text stands in one batch with the longer one.
    await addPooled("position_ids", 3);
    await write("config.json", { hidden_size: 4, model_type: "bert", pad_token_id: 1 });
    expect((await embed("a b c", "a b c a b")).embeddings).toEqual([
      [0, 0, 0.70711, 0.70711],
      [0, 0, 0.70711, 0.70711],
    ]);
  });

  test("count from behind the padding's id in RoBERTa and its kin", async () => {
    await addPooled("position_ids", 0);
    await write("config.json", {
      hidden_size: 4,
      model_type: "xlm-roberta",
      pad_token_id: 3,
      max_position_embeddings: 12,
    });
    // Row 4 of the table is the first position's.
    expect((await embed("a b c", "a b")).embeddings[0]).toEqual([0.6, 0.8, 0, 0]);
  });
});

describe("a pooled output of the graph's own", () => {
  test("is taken as it is, at length 1", async () => {
    await addPooled("last_hidden_state", 1);
    expect((await embed("a c")).embeddings).toEqual([[0.6, 0.8, 0, 0]]);
  });

  test("is cut where the user says so", async () => {
    await addPooled("last_hidden_state", 1);
    await write("polyseme.json", { dimensions: 1 });
    const { info, embeddings } = await embed("a c");
    expect(embeddings).toEqual([[1]]);
    expect(info).toMatchObject({ dimensions: 1, tokenDimensions: 4, isProjected: true });
  });

  test("is passed over where the user names a pooling", async () => {
    await addPooled("last_hidden_state", 1);
    await write("polyseme.json", { pooling: "cls" });
    expect((await embed("a c")).embeddings).toEqual([[1, 0, 0, 0]]);
  });
});

test("texts are lower-cased before the tokenizer where the model says so", async () => {
  expect((await embed("A b")).ids).toEqual([[TINY.cls, TINY.unknown, TINY.b, TINY.sep]]);
  await write("sentence_bert_config.json", { do_lower_case: true });
  expect((await embed("A b")).ids).toEqual([[TINY.cls, TINY.a, TINY.b, TINY.sep]]);
});
