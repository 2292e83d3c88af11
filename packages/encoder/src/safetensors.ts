import { fromHalves } from "@polyseme/core";

/** Weights of a .safetensors file: a length, a JSON header of that length, and the values. */

export interface SafeTensor {
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

const LENGTH_BYTES = 8;
/** As the format's own library has it. */
const MOST_HEADER_BYTES = 100_000_000;

/** Bytes of one value, and how a copy of them is read. */
const ELEMENTS: Readonly<
  Record<string, { readonly bytes: number; readonly read: (bytes: ArrayBuffer) => Float32Array }>
> = {
  F32: { bytes: 4, read: (bytes) => new Float32Array(bytes) },
  F16: { bytes: 2, read: (bytes) => fromHalves(new Uint16Array(bytes)) },
  BF16: { bytes: 2, read: fromBrainHalves },
};

/**
 * The tensor of that name as float32; undefined when the file has none.
 * @throws Error when the file is not what its header says
 */
export function readSafeTensor(file: Uint8Array, name: string): SafeTensor | undefined {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  if (file.length < LENGTH_BYTES) throw new Error("it is shorter than its header");
  const headerBytes = Number(view.getBigUint64(0, true));
  const dataAt = LENGTH_BYTES + headerBytes;
  if (headerBytes > MOST_HEADER_BYTES || dataAt > file.length) throw new Error("it ends inside of its header");
  const header = JSON.parse(new TextDecoder().decode(file.subarray(LENGTH_BYTES, dataAt))) as unknown;
  if (typeof header !== "object" || header === null || !Object.hasOwn(header, name)) return undefined;
  const { dtype, shape, data_offsets: offsets } = (header as Record<string, Entry>)[name] ?? {};
  const element = ELEMENTS[String(dtype)];
  if (element === undefined) throw new Error(`its tensor ${name} is of ${String(dtype)}, not of F32, F16 or BF16`);
  if (!isCounts(shape) || !isCounts(offsets) || offsets.length !== 2)
    throw new Error(`its tensor ${name} has no shape or place`);
  const [from = 0, to = 0] = offsets;
  const count = shape.reduce((product, size) => product * size, 1);
  if (to - from !== count * element.bytes || dataAt + to > file.length)
    throw new Error(`its tensor ${name} does not lie where the header says`);
  return { shape, values: element.read(new Uint8Array(file.subarray(dataAt + from, dataAt + to)).buffer) };
}

interface Entry {
  readonly dtype?: unknown;
  readonly shape?: unknown;
  readonly data_offsets?: unknown;
}

function isCounts(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every((one) => Number.isSafeInteger(one) && (one as number) >= 0);
}

/** The upper half of a float32. */
function fromBrainHalves(bytes: ArrayBuffer): Float32Array {
  return new Float32Array(Uint32Array.from(new Uint16Array(bytes), (half) => half << 16).buffer);
}
