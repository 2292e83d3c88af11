import { PolysemeError, type Device } from "@polyseme/core";

/** An execution provider of onnxruntime. */
export type Provider = Exclude<Device, "auto">;

/** What of this machine and its installation decides which providers can be tried. */
export interface Runtime {
  /** As `process.platform` names it. */
  readonly os: string;
  /** Providers built into the runtime. */
  readonly bundled: readonly string[];
  /** Whether the runtime's CUDA libraries, which are no part of its package, lie beside it. */
  readonly hasCudaLibraries: boolean;
}

/**
 * The providers to try, best first.
 *
 * `auto` takes CUDA where its libraries were installed, as nobody installs them for nothing, else the CPU. The others
 * are taken only by name: WebGPU is called experimental by its makers and would take a graphics driver in software for
 * a device; DirectML and Core ML prepare their work anew for each shape, and almost every batch here has another.
 * @throws PolysemeError `model_unavailable` when the device that was named cannot be there; never the CPU in its place
 */
export function chooseProviders(device: Device, runtime: Runtime): Provider[] {
  if (device === "auto") return runtime.hasCudaLibraries ? ["cuda", "cpu"] : ["cpu"];
  const isThere = device === "cuda" ? runtime.hasCudaLibraries : runtime.bundled.includes(device);
  if (device !== "cpu" && !isThere)
    throw deviceUnavailable(device, device === "cuda" ? NO_CUDA : `onnxruntime has it not on ${runtime.os}`);
  return [device];
}

const NO_CUDA = "onnxruntime's CUDA libraries are not installed";

const ADVICE: Readonly<Record<Exclude<Provider, "cpu">, string>> = {
  cuda:
    "Use the image of infra/docker/embedder.gpu.Dockerfile, or on Linux x64 with CUDA 12 and cuDNN 9: " +
    "npm rebuild onnxruntime-node --onnxruntime-node-install=cuda12.",
  webgpu: "On Linux it needs x64, the Vulkan loader (libvulkan1) and a graphics driver with Vulkan.",
  dml: "DirectML is there on Windows with a DirectX 12 graphics card.",
  coreml: "Core ML is there on macOS.",
};

/** The error for a device that was asked for by name: what is missing and what to do. */
export function deviceUnavailable(device: Exclude<Provider, "cpu">, problem: string, cause?: unknown): PolysemeError {
  return new PolysemeError(
    "model_unavailable",
    `The device ${device} cannot be used: ${plain(problem)}. ${ADVICE[device]} Or set POLYSEME_DEVICE to cpu, or to auto to take what there is.`,
    { details: { field: "POLYSEME_DEVICE" }, cause },
  );
}

/** The runtime's own messages begin with where in its source they were written. */
function plain(problem: string): string {
  return problem
    .replace(/^\S*onnxruntime_src.* was false\. /s, "")
    .trim()
    .replace(/\.$/, "");
}
