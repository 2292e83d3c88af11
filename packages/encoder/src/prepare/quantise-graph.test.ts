import { rm } from "node:fs/promises";
import { join } from "node:path";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { afterAll, beforeAll, expect, test } from "vitest";
import { cosine } from "../../../../test/support/compare-vectors.ts";
import { SMALL, writeSmallBert } from "../../../../test/fixtures/encoder/small-bert.ts";
import { planOutputs } from "../append-outputs.ts";
import { makeGraph } from "../made-graph.ts";
import { valuesOf } from "../model-tensor.ts";
import { readGraph } from "../onnx-graph.ts";
import { writeModel, type OnnxModel } from "../onnx-model.ts";
import { padBatch } from "../pad-batch.ts";
import { calibrate } from "./calibrate.ts";
import { findProducts, type ProductGroup } from "./find-products.ts";
import { EVEN_STEPS, findSteps, type Steps } from "./find-steps.ts";
import { quantiseGraph, type QuantisedGraph } from "./quantise-graph.ts";
import { makeIntegerGraph } from "./make-integer-graph.ts";
import { simplifyGraph } from "./simplify-graph.ts";

let folder: string;
let graph: OnnxModel;
let groups: ProductGroup[];
let quantised: QuantisedGraph;
const texts = Array.from({ length: 30 }, (_, text) =>
  Int32Array.from({ length: 3 + (text % 20) }, (_, at) => 4 + ((text * 131 + at * 37) % 1_190)),
);
const WIDTH = SMALL.width;

beforeAll(async () => {
  folder = await writeSmallBert();
  graph = await simplifyGraph(join(folder, "onnx/model.onnx"));
  groups = findProducts(graph);
  quantised = await makeIntegerGraph(graph, texts, { padTokenId: 0 });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** The last layer's vectors, row by row, padding removed. */
async function run(model: Uint8Array, rows: readonly Int32Array[], wanted = "last_hidden_state"): Promise<number[][]> {
  const session = await InferenceSession.create(model, { logSeverityLevel: 4 });
  const { ids, mask, count, longest, lengths } = padBatch(rows, 0);
  const as = (values: BigInt64Array): Tensor => new Tensor("int64", values, [count, longest]);
  const results = await session.run({ input_ids: as(ids), attention_mask: as(mask) }, [wanted]);
  await session.release();
  const data = Array.from(results[wanted]?.data as Float32Array);
  return lengths.map((length, row) => data.slice(row * longest * WIDTH, (row * longest + length) * WIDTH));
}

test("products are found with those that read the same activations together", () => {
  expect(groups.map(({ products }) => products.length)).toEqual([3, 1, 1, 1, 3, 1, 1, 1]);
  expect(groups.map(({ rows }) => rows)).toEqual([64, 64, 64, 96, 64, 64, 64, 96]);
});

test("loud channels are seen, each text alone", async () => {
  const activations = await calibrate(graph, groups, texts.slice(0, 3), { padTokenId: 0 });
  const largest = activations.get(groups[0]?.input ?? "") ?? [];
  expect((largest[3] ?? 0) / (largest[4] ?? 0)).toBeGreaterThan(3);
});

test("the graph in integers is near to the one in floats and has no product of floats with weights left", async () => {
  expect(quantised).toMatchObject({ integerProducts: 12, floatProducts: 0, hasInt8Table: true });
  const [expected, found] = await Promise.all([run(writeModel(graph), texts), run(writeModel(quantised.model), texts)]);
  const cosines = expected.map((vectors, text) => cosine(vectors, found[text] ?? []));
  expect(Math.min(...cosines)).toBeGreaterThan(0.998);
  expect(findProducts(quantised.model)).toEqual([]);
});

test("a text has the same vectors alone and in a padded batch, up to 1e-6 of the largest", async () => {
  const model = writeModel(quantised.model);
  const together = await run(model, texts);
  for (const [index, text] of texts.entries()) {
    const [alone = []] = await run(model, [text]);
    const differences = alone.map((value, at) => Math.abs(value - (together[index]?.[at] ?? NaN)));
    expect(Math.max(...differences)).toBeLessThan(1e-6 * Math.max(...alone.map(Math.abs)));
  }
});

test("no two neighbouring products of one sign leave 16 bits", () => {
  const weights = [...quantised.model.tensors].filter(([name]) => name.endsWith("::weights"));
  expect(weights).toHaveLength(12);
  for (const [, tensor] of weights) {
    const values = valuesOf(tensor);
    const [rows = 0, columns = 0] = tensor.dims;
    for (let row = 0; row + 1 < rows; row += 2)
      for (let column = 0; column < columns; column++) {
        const pair = [values[row * columns + column] ?? 0, values[(row + 1) * columns + column] ?? 0];
        const positive = pair.reduce((sum, one) => sum + Math.max(one, 0), 0);
        const negative = pair.reduce((sum, one) => sum + Math.min(one, 0), 0);
        if (255 * positive > 32_767 || 255 * negative < -32_768) expect.fail(`${pair.join()} in column ${column}`);
      }
  }
});

test("the input table's rows come out of int8, each near its own", async () => {
  const [[row = []] = []] = [await run(writeModel(quantised.model), [Int32Array.of(700)], "static_embedding")];
  const table = valuesOf(graph.tensors.get("words") ?? { dims: [], element: 1, data: new Uint8Array(0) });
  expect(cosine(row, Array.from(table.slice(700 * WIDTH, 701 * WIDTH)))).toBeGreaterThan(0.9999);
});

test.each(["mean", "cls", "max", "last"] as const)(
  "outputs are appended to it as to any graph: %s",
  async (pooling) => {
    const rows = [2, 9, 17].map((at) => texts[at] ?? Int32Array.of(5));
    for (const model of [graph, quantised.model].map(writeModel)) {
      const plan = { pooling, head: { steps: [], cutTo: undefined }, ignoresPooled: false };
      const { appended } = planOutputs(readGraph(model), plan);
      const session = await InferenceSession.create(Buffer.concat([model, appended]), { logSeverityLevel: 4 });
      const { ids, mask, count, longest } = padBatch(rows, 0);
      const as = (values: BigInt64Array): Tensor => new Tensor("int64", values, [count, longest]);
      const results = await session.run({ input_ids: as(ids), attention_mask: as(mask) });
      await session.release();
      expect(results["static_embedding"]?.dims).toEqual([3, longest, WIDTH]);
      const pooled = Array.from(results["sentence_embedding"]?.data as Float32Array);
      (await run(model, rows)).forEach((vectors, row) => {
        const tokens = Array.from({ length: vectors.length / WIDTH }, (_, at) =>
          vectors.slice(at * WIDTH, (at + 1) * WIDTH),
        );
        const found = pooled.slice(row * WIDTH, (row + 1) * WIDTH);
        expect(cosine(found, POOLED[pooling](tokens))).toBeCloseTo(1, 6);
        expect(Math.hypot(...found)).toBeCloseTo(1, 5);
      });
    }
  },
);

const column = (tokens: readonly number[][], at: number): number[] => tokens.map((token) => token[at] ?? NaN);
const byColumn = (tokens: readonly number[][], of: (values: number[]) => number): number[] =>
  Array.from({ length: WIDTH }, (_, at) => of(column(tokens, at)));
const POOLED: Record<"mean" | "cls" | "max" | "last", (tokens: readonly number[][]) => readonly number[]> = {
  mean: (tokens) => byColumn(tokens, (values) => values.reduce((sum, one) => sum + one, 0)),
  cls: ([first = []]) => first,
  max: (tokens) => byColumn(tokens, (values) => Math.max(...values)),
  last: (tokens) => tokens.at(-1) ?? [],
};

test("a group without known activations stays as it was", () => {
  const [first] = groups;
  const known = new Map(groups.slice(1).map(({ input }) => [input, { factors: undefined, steps: EVEN_STEPS }]));
  const partly = quantiseGraph(graph, { groups, activations: known, weights: new Map() });
  expect(partly).toMatchObject({ integerProducts: 9, floatProducts: 3 });
  expect(findProducts(partly.model).map(({ input }) => input)).toEqual([first?.input]);
});

test("the graph in integers is rewritten for devices as other graphs are", async () => {
  const model = writeModel(quantised.model);
  const expected = await run(model, texts);
  for (const precision of ["float", "half"] as const) {
    const found = await run(makeGraph(model, precision), texts);
    const cosines = expected.map((vectors, text) => cosine(vectors, found[text] ?? []));
    expect(Math.min(...cosines)).toBeGreaterThan(0.998);
  }
});

test("zero lies low where activations come out of a GELU, and in the middle elsewhere", async () => {
  const zeros = (await stepsOf(texts)).map(({ zero }) => zero);
  expect([3, 7].map((at) => zeros[at] ?? 128).every((zero) => zero <= 48)).toBe(true);
  expect([1, 5].map((at) => zeros[at] ?? 0).every((zero) => zero >= 96)).toBe(true);
});

test("rows that are much alike share a scale, which no channel that was seen leaves", async () => {
  const largest = await calibrate(graph, groups, texts, { padTokenId: 0 });
  const steps = await stepsOf(texts, largest);
  expect(steps.filter(({ scale }) => scale !== undefined).length).toBeGreaterThanOrEqual(4);
  steps.forEach(({ scale }, at) => {
    const most = Math.max(...(largest.get(groups[at]?.input ?? "") ?? []));
    if (scale !== undefined) expect(scale * 255).toBeGreaterThan(most);
  });
  const loud = new Map([...largest].map(([input, values]) => [input, values.map((one) => one * 100)]));
  for (const { scale } of await stepsOf(texts, loud)) expect(scale).toBeUndefined();
});

async function stepsOf(some: readonly Int32Array[], largest = new Map<string, Float32Array>()): Promise<Steps[]> {
  const smoothing = new Map(groups.map(({ input, rows }) => [input, new Float32Array(rows).fill(1)]));
  return [...(await findSteps(graph, groups, smoothing, largest, some, { padTokenId: 0 })).values()];
}

test("calibrating stops when it is asked to", async () => {
  const stopped = AbortSignal.abort(new Error("stopped"));
  await expect(calibrate(graph, groups, texts, { padTokenId: 0, signal: stopped })).rejects.toThrow("stopped");
});
