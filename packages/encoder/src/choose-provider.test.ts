import { expect, test } from "vitest";
import { chooseProviders, deviceUnavailable, type Runtime } from "./choose-provider.ts";

const linux: Runtime = { os: "linux", bundled: ["cpu", "webgpu"], hasCudaLibraries: false };
const windows: Runtime = { os: "win32", bundled: ["cpu", "dml", "webgpu"], hasCudaLibraries: false };
const mac: Runtime = { os: "darwin", bundled: ["cpu", "coreml", "webgpu"], hasCudaLibraries: false };
const gpuImage: Runtime = { ...linux, hasCudaLibraries: true };

test("auto takes CUDA before the CPU where its libraries are installed, and nothing else unasked", () => {
  expect(chooseProviders("auto", gpuImage)).toEqual(["cuda", "cpu"]);
  for (const runtime of [linux, windows, mac]) expect(chooseProviders("auto", runtime)).toEqual(["cpu"]);
});

test("a device that is named is the only one tried", () => {
  expect(chooseProviders("cpu", gpuImage)).toEqual(["cpu"]);
  expect(chooseProviders("cuda", gpuImage)).toEqual(["cuda"]);
  expect(chooseProviders("webgpu", linux)).toEqual(["webgpu"]);
  expect(chooseProviders("dml", windows)).toEqual(["dml"]);
  expect(chooseProviders("coreml", mac)).toEqual(["coreml"]);
});

test("a device that cannot be there is refused with what is missing and what to do", () => {
  const refusal = (device: "cuda" | "dml" | "coreml", message: RegExp): void => {
    expect(() => chooseProviders(device, linux)).toThrow(
      expect.objectContaining({ code: "model_unavailable", message: expect.stringMatching(message) as string }),
    );
  };
  refusal("cuda", /libraries are not installed.*embedder\.gpu\.Dockerfile.*POLYSEME_DEVICE to cpu/s);
  refusal("dml", /not on linux.*Windows/s);
  refusal("coreml", /not on linux.*macOS/s);
});

test("the runtime's own message is told without the place in its source", () => {
  const native = "/onnxruntime_src/a/b.cc:136 f(const C&)::<lambda()> x == y was false. Failed to get an adapter.\n";
  expect(deviceUnavailable("webgpu", native).message).toMatch(/cannot be used: Failed to get an adapter\. On Linux/);
});
