import { isAbsolute, relative, resolve } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { chooseFiles } from "./choose-files.ts";
import { parseHubId } from "./hub-id.ts";

test("an id has an organisation, a name and perhaps a revision", () => {
  expect(parseHubId("BAAI/bge-m3")).toEqual({ name: "BAAI/bge-m3", repository: "BAAI/bge-m3", revision: "main" });
  expect(parseHubId("a/b_c.d@v1.0")).toEqual({ name: "a/b_c.d@v1.0", repository: "a/b_c.d", revision: "v1.0" });
  for (const none of [
    ...[
      "bert",
      "a/b/c",
      "/a/b",
      "a/",
      "/b",
      "./a",
      "../a",
      "a/..",
      "a/.b",
      "a/b@",
      "a/b@x/y",
      "a/b@..",
      "a/b@c@d",
      "a/b c",
    ],
    ...["a\\b", "C:/b", "a/b@-x", "a/b--c", "a//b", "", "a/b?x", "a/b#x", "a/b%2e", "a/b\n", `a/${"b".repeat(97)}`],
  ])
    expect(parseHubId(none), none).toBeUndefined();
});

test("no id leads out of the folder of models", () => {
  const letters = fc.constantFrom("a", "B", "7", ".", "/", "\\", "@", "-", "_", "%", " ", "\0");
  fc.assert(
    fc.property(fc.array(letters, { maxLength: 12 }), (parts) => {
      const id = parseHubId(parts.join(""));
      if (id === undefined) return;
      const path = relative("/models", resolve("/models", ...id.name.split("/")));
      expect(path.startsWith("..") || isAbsolute(path)).toBe(false);
      expect(path.split("/")).toHaveLength(2);
    }),
    { numRuns: 5_000 },
  );
});

const id = { name: "org/name", repository: "org/name", revision: "main" };
const choose = (paths: string[], precision?: "fp32" | "int8"): string[] => {
  const { small, large } = chooseFiles(
    id,
    ["config.json", "tokenizer.json", ...paths].map((path) => ({ path })),
    {
      device: "auto",
      precision,
    },
  );
  return [...small, ...large].map(({ path }) => path).filter((path) => !/^(config|tokenizer)\.json$/.test(path));
};

test("the float32 graph is chosen with the weights beside it, and one of integers when asked for or alone", () => {
  const graphs = ["onnx/model.onnx", "onnx/model.onnx_data", "onnx/model.onnx_data_1", "onnx/model_int8.onnx"];
  expect(choose([...graphs, "onnx/model_q4.onnx", "onnx/model.onnx_data.sig"])).toEqual(graphs.slice(0, 3));
  expect(choose(graphs, "int8")).toEqual(["onnx/model_int8.onnx"]);
  expect(choose(["onnx/model_quantized.onnx"])).toEqual(["onnx/model_quantized.onnx"]);
  expect(choose(["model.onnx", "model.onnx.data"])).toEqual(["model.onnx", "model.onnx.data"]);
});

test("weights for training are left behind, those of a dense layer come", () => {
  const graph = "onnx/model.onnx";
  const dense = ["2_Dense/config.json", "2_Dense/model.safetensors", "2_Dense/pytorch_model.bin"];
  expect(choose([graph, "model.safetensors", "pytorch_model.bin", ...dense])).toEqual([
    "2_Dense/config.json",
    "2_Dense/model.safetensors",
    graph,
  ]);
  expect(choose([graph, "2_Dense/pytorch_model.bin"])).toEqual(["2_Dense/pytorch_model.bin", graph]);
});

test("weights for training come where the layer of a late-interaction model is among them", () => {
  const graph = "onnx/model.onnx";
  const own = ["artifact.metadata", "model.safetensors", graph];
  expect(choose([graph, "pytorch_model.bin", "model.safetensors", "artifact.metadata"])).toEqual(own);
  const layers = ["artifact.metadata", "modules.json", "1_Dense/model.safetensors", graph];
  expect(choose([...layers, "model.safetensors"])).toEqual(layers);
});

test("a path that leads out of the model is never chosen", () => {
  expect(
    choose(["onnx/model.onnx", "../config.json", "1_Pooling/../config.json", "/LICENSE", "a/config.json"]),
  ).toEqual(["onnx/model.onnx"]);
});
