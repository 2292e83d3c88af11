import { InferenceSession, Tensor } from "onnxruntime-node";
import { describe, expect, test } from "vitest";
import { readModel, writeModel, type OnnxModel } from "../onnx-model.ts";
import { input, node, output, tensor, wholeModel } from "../onnx-parts.ts";
import { withNeededOpsets } from "./model-opset.ts";
import { useFastGelu } from "./use-fast-gelu.ts";

const modelOf = (...parts: Uint8Array[]): OnnxModel =>
  readModel(
    wholeModel([
      input("x", "float"),
      tensor("root2", Math.SQRT2, "float"),
      tensor("over2", Math.SQRT1_2, "float"),
      tensor("one", 1, "float"),
      tensor("half", 0.5, "float"),
      tensor("third", 1 / 3, "float"),
      ...parts,
      output("y"),
    ]),
  );

const FORMS = {
  "the half comes last": [
    node("Div", ["x", "root2"], "d"),
    node("Erf", ["d"], "e"),
    node("Add", ["e", "one"], "a"),
    node("Mul", ["x", "a"], "m"),
    node("Mul", ["m", "half"], "y"),
  ],
  "the half comes first": [
    node("Mul", ["x", "over2"], "d"),
    node("Erf", ["d"], "e"),
    node("Add", ["one", "e"], "a"),
    node("Mul", ["a", "half"], "m"),
    node("Mul", ["m", "x"], "y"),
  ],
};

async function run(model: OnnxModel, values: readonly number[]): Promise<number[]> {
  const session = await InferenceSession.create(writeModel(withNeededOpsets(model)), { logSeverityLevel: 4 });
  const { y } = await session.run({ x: new Tensor("float32", Float32Array.from(values), [values.length]) });
  await session.release();
  return Array.from(y?.data as Float32Array);
}

describe("a GELU by the error function becomes one node, 5e-4 away at most, where", () => {
  test.each(Object.entries(FORMS))("%s", async (_, form) => {
    const model = modelOf(...form);
    const fast = useFastGelu(model);
    expect(fast.nodes.map(({ operator }) => operator)).toEqual(["FastGelu"]);
    const values = Array.from({ length: 201 }, (__, at) => (at - 100) / 12);
    const [expected, found] = await Promise.all([run(model, values), run(fast, values)]);
    const differences = expected.map((value, at) => Math.abs(value - (found[at] ?? NaN)));
    expect(Math.max(...differences)).toBeLessThan(5e-4);
  });
});

describe("others stay as they are:", () => {
  test.each([
    ["of another factor", FORMS["the half comes last"].with(4, node("Mul", ["m", "third"], "y"))],
    ["of another value", FORMS["the half comes last"].with(3, node("Mul", ["one", "a"], "m"))],
    ["whose parts are read elsewhere", [...FORMS["the half comes last"], output("m")]],
  ])("%s", (_, form) => {
    const { nodes } = useFastGelu(modelOf(...form));
    expect(nodes).toHaveLength(5);
  });
});
