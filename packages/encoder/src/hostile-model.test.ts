import { appendFile, cp, mkdir, mkdtemp, readFile, rm, symlink, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { writeTinyModel } from "../../../test/fixtures/encoder/tiny-model.ts";
import { fixtureModel } from "../../../test/support/fixture-models.ts";
import { openEncoder } from "./encoder.ts";
import { ELEMENT } from "./onnx-model.ts";
import { graphAddition, input, node, output, tensor } from "./onnx-parts.ts";
import { writeField, writeVarintField } from "./protobuf.ts";

const INITIALIZER = 5;
const ONNX = "onnx/model.onnx";
/** As TensorProto writes them. */
const TENSOR = { dims: 1, dataType: 2, name: 8, rawData: 9, external: 13, location: 14 };

let folder: string;
beforeEach(async () => (folder = await writeTinyModel()));
afterEach(() => rm(folder, { recursive: true }));

async function addToGraph(...parts: Uint8Array[]): Promise<void> {
  await appendFile(join(folder, ONNX), graphAddition(parts));
}

function weights(dims: readonly number[], ...data: Uint8Array[]): Uint8Array {
  return writeField(INITIALIZER, [
    ...dims.map((size) => writeVarintField(TENSOR.dims, size)),
    writeVarintField(TENSOR.dataType, ELEMENT.float),
    writeField(TENSOR.name, "added"),
    ...data,
  ]);
}

function external(entries: Readonly<Record<string, string>>): Uint8Array[] {
  return [
    writeVarintField(TENSOR.location, 1),
    ...Object.entries(entries).map(([key, value]) =>
      writeField(TENSOR.external, [writeField(1, key), writeField(2, value)]),
    ),
  ];
}

async function expectRefused(file: string, message: RegExp, at = folder): Promise<void> {
  const error: unknown = await openEncoder({ folder: at, threads: 1 }).then(
    (encoder) => encoder.close(),
    (thrown: unknown) => thrown,
  );
  expect(error).toMatchObject({ code: "model_unavailable", details: { field: "model", file }, message });
  expect(String(error)).toContain(file);
}

async function expectRuns(at = folder): Promise<void> {
  const encoder = await openEncoder({ folder: at, threads: 1 });
  await encoder.close();
}

describe("weights in files of their own", () => {
  test.each([
    "../config.json",
    "/etc/passwd",
    "../../../../etc/passwd",
    "data/../../config.json",
    "C:\\windows\\system.ini",
    "..\\config.json",
    ".",
  ])("are refused in %s, which is not beside the graph", async (location) => {
    await addToGraph(weights([2], ...external({ location, offset: "0", length: "8" })));
    await expectRefused(ONNX, /outside of the model's folder/);
  });

  test("are refused where the file is missing, or shorter than the graph says", async () => {
    await addToGraph(weights([2], ...external({ location: "weights.bin", offset: "8", length: "8" })));
    await expectRefused(ONNX, /"weights.bin", which is missing/);
    await mkdir(join(folder, "onnx/weights.bin"));
    await expectRefused(ONNX, /"weights.bin", which is missing/);
    await rm(join(folder, "onnx/weights.bin"), { recursive: true });
    await writeFile(join(folder, "onnx/weights.bin"), Buffer.alloc(12));
    await expectRefused(ONNX, /has 12 bytes of 16/);
    await writeFile(join(folder, "onnx/weights.bin"), Buffer.alloc(16));
    await expectRuns();
  });

  test.each([
    [{ location: "" }, /without a name/],
    [{ location: "w", offset: "-8", length: "8" }, /bytes of a file/],
    [{ location: "w", offset: "0", length: "4" }, /takes 8/],
    [{ location: "w", offset: "1e9", length: "8" }, /bytes of a file/],
  ])("are refused at %j", async (entries, message) => {
    await addToGraph(weights([2], ...external(entries)));
    await expectRefused(ONNX, message);
  });

  test("are refused outside of the folder also when a node holds them", async () => {
    const held = writeField(5, weights([2], ...external({ location: "../../x" })).subarray(2));
    const constant = writeField(1, [
      writeField(2, "held"),
      writeField(4, "Constant"),
      writeField(5, [writeField(1, "value"), held, writeVarintField(20, 4)]),
    ]);
    await addToGraph(constant);
    await expectRefused(ONNX, /outside of the model's folder/);
  });
});

describe("shapes that are not those of the data", () => {
  test.each([
    ["10 GB of 4 bytes", [50_000, 50_000]],
    ["more than any memory", [2 ** 40, 2 ** 40]],
  ])("are refused: %s", async (_, dims) => {
    await addToGraph(weights(dims, writeField(TENSOR.rawData, new Uint8Array(4))));
    await expectRefused(ONNX, /comes with the data of a smaller one/);
  });

  test("are refused where there is no data at all", async () => {
    await addToGraph(weights([50_000, 50_000]));
    await expectRefused(ONNX, /comes with the data of a smaller one/);
  });

  test("are refused where a node would fill 10 GB while the graph is loaded", async () => {
    await addToGraph(tensor("size", [50_000, 50_000]), node("ConstantOfShape", ["size"], "filled"));
    await expectRefused(ONNX, /ConstantOfShape fills a tensor of \[50000, 50000\]/);
  });

  test("are no fault where they are small", async () => {
    await addToGraph(tensor("size", [5, 5]), node("ConstantOfShape", ["size"], "filled"));
    await expectRuns();
  });
});

describe("a graph", () => {
  test("that wants what no text gives is refused with the names", async () => {
    await addToGraph(input("task_id", "int64"));
    await expectRefused(ONNX, /wants the inputs task_id/);
  });

  test("that gives a token another width than config.json says is refused when it runs", async () => {
    await writeFile(join(folder, "config.json"), JSON.stringify({ hidden_size: 1_000_000_000 }));
    const opening = openEncoder({ folder, threads: 1 });
    await expect(opening).rejects.toMatchObject({ code: "model_unavailable", message: /config.json says 1000000000/ });
  });

  test("whose node does not exist is refused", async () => {
    await addToGraph(node("Nonsense", ["last_hidden_state"], "sentence_embedding"), output("sentence_embedding"));
    const opening = openEncoder({ folder, threads: 1 });
    await expect(opening).rejects.toMatchObject({ code: "model_unavailable", message: /Nonsense/ });
  });
});

describe("a tokenizer of another model", () => {
  test("is refused where it knows more tokens than the model has rows", async () => {
    await cp(join(fixtureModel("roberta-bpe"), "tokenizer.json"), join(folder, "tokenizer.json"));
    await expectRefused("tokenizer.json", /has 400 tokens, and the model's table 9 rows/);
  });
});

describe("a dense layer", () => {
  let dense: string;
  beforeEach(async () => {
    dense = await mkdtemp(join(tmpdir(), "polyseme-dense-"));
    await cp(fixtureModel("bert-two-dense"), dense, { recursive: true });
  });
  afterEach(() => rm(dense, { recursive: true }));
  const WEIGHTS = "2_Dense/model.safetensors";

  test("whose weights are a pickle is refused, as that is a program", async () => {
    await rm(join(dense, WEIGHTS));
    await expectRefused(WEIGHTS, /is missing/, dense);
    await writeFile(join(dense, "2_Dense/pytorch_model.bin"), "");
    await expectRefused(
      "2_Dense/pytorch_model.bin",
      /is a pickle.*save the layer's weights as model.safetensors/,
      dense,
    );
  });

  test("whose weights are cut, of another shape, or a file of 4 GB is refused", async () => {
    const { length } = await readFile(join(dense, WEIGHTS));
    await truncate(join(dense, WEIGHTS), length - 1);
    await expectRefused(WEIGHTS, /does not lie where the header says/, dense);
    await cp(join(dense, "3_Dense/model.safetensors"), join(dense, WEIGHTS));
    await expectRefused(WEIGHTS, /linear.weight, \[48, 32\] is wanted/, dense);
    // Of holes: it takes no room.
    await truncate(join(dense, WEIGHTS), 4_000_000_000);
    await expectRefused(WEIGHTS, /has 4000000000 bytes/, dense);
  });

  test("outside of the model's folder is refused", async () => {
    const modules = JSON.parse(await readFile(join(dense, "modules.json"), "utf8")) as { path: string }[];
    await symlink(join(dense, "2_Dense"), join(dense, "other"));
    const named = (path: string) => JSON.stringify(modules.map((one, i) => (i === 2 ? { ...one, path } : one)));
    await writeFile(join(dense, "modules.json"), named("../2_Dense"));
    await expectRefused("modules.json", /no folder of the model/, dense);
    await writeFile(join(dense, "modules.json"), named("other"));
    await expectRuns(dense);
  });
});
