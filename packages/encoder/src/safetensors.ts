import { open, type FileHandle } from "node:fs/promises";
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

/**
 * A file of weights with that one tensor out of a larger file, the rest of which is not read; with none where it has none.
 * @throws Error when the file is not what its header says, or the tensor has more bytes
 */
export async function readExcerpt(path: string, name: string, mostBytes: number): Promise<Uint8Array> {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    const length = await readAt(file, 0, Math.min(LENGTH_BYTES, size));
    const headerBytes = length.length < LENGTH_BYTES ? Infinity : Number(length.readBigUInt64LE());
    if (headerBytes > Math.min(MOST_HEADER_BYTES, size - LENGTH_BYTES)) throw new Error("it ends inside of its header");
    const header = JSON.parse((await readAt(file, LENGTH_BYTES, headerBytes)).toString()) as Record<string, Entry>;
    const entry = Object.hasOwn(header, name) ? header[name] : undefined;
    if (entry === undefined) return fileOf({}, Buffer.alloc(0));
    const [from = 0, to = 0] = isCounts(entry.data_offsets) ? entry.data_offsets : [];
    if (to < from || LENGTH_BYTES + headerBytes + to > size)
      throw new Error(`its tensor ${name} does not lie where the header says`);
    if (to - from > mostBytes) throw new Error(`its tensor ${name} has ${to - from} bytes, far more than it needs`);
    const data = await readAt(file, LENGTH_BYTES + headerBytes + from, to - from);
    return fileOf({ [name]: { ...entry, data_offsets: [0, data.length] } }, data);
  } finally {
    await file.close();
  }
}

async function readAt(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, position);
  if (bytesRead < length) throw new Error("it became shorter while it was read");
  return buffer;
}

function fileOf(header: Readonly<Record<string, Entry>>, data: Buffer): Uint8Array {
  const json = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(LENGTH_BYTES);
  length.writeBigUInt64LE(BigInt(json.length));
  return Buffer.concat([length, json, data]);
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
