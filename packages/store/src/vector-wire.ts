/**
 * pgvector's binary wire format (`vector_recv` in its src/vector.c): uint16 dimensions, uint16 0, then float32 big-endian.
 * One binary `vector[]` parameter is an order of magnitude faster than text, and unlike COPY works with ON CONFLICT.
 */
const VECTOR_HEADER_BYTES = 4;
const ARRAY_HEADER_BYTES = 20;

/** One vector as a parameter for `$n::vector`. */
export function encodeVector(values: Float32Array): Buffer {
  const out = Buffer.allocUnsafe(VECTOR_HEADER_BYTES + 4 * values.length);
  writeVector(out, 0, values);
  return out;
}

/**
 * Vectors of equal length as a parameter for `$n::vector[]`: Postgres' array format with one dimension, no nulls.
 * @param vectorOid the element type's number in that database
 */
export function encodeVectorArray(vectors: readonly Float32Array[], vectorOid: number): Buffer {
  return encodeArray(
    vectors.map((vector) => VECTOR_HEADER_BYTES + 4 * vector.length),
    vectorOid,
    (out, at, i) => {
      writeVector(out, at, vectors[i] ?? new Float32Array());
    },
  );
}

/** `bytea`'s number, the same in every database. */
export const BYTEA_OID = 17;

/** Values in their type's own binary format as a parameter for an array of that type; as text, bytes would be doubled. */
export function encodeBinaryArray(items: readonly Uint8Array[], elementOid: number): Buffer {
  return encodeArray(
    items.map(({ length }) => length),
    elementOid,
    (out, at, i) => {
      out.set(items[i] ?? [], at);
    },
  );
}

function encodeArray(
  lengths: readonly number[],
  elementOid: number,
  write: (out: Buffer, at: number, index: number) => void,
): Buffer {
  if (lengths.length === 0) {
    const empty = Buffer.alloc(12);
    empty.writeInt32BE(elementOid, 8);
    return empty;
  }
  const out = Buffer.allocUnsafe(lengths.reduce((sum, length) => sum + 4 + length, ARRAY_HEADER_BYTES));
  out.writeInt32BE(1, 0);
  out.writeInt32BE(0, 4);
  out.writeInt32BE(elementOid, 8);
  out.writeInt32BE(lengths.length, 12);
  out.writeInt32BE(1, 16);
  let at = ARRAY_HEADER_BYTES;
  for (const [index, length] of lengths.entries()) {
    out.writeInt32BE(length, at);
    write(out, at + 4, index);
    at += 4 + length;
  }
  return out;
}

/** The values in what `vector_send(embedding)` returned. */
export function decodeVector(bytes: Buffer): Float32Array {
  const values = new Float32Array(bytes.readUInt16BE(0));
  for (let i = 0; i < values.length; i += 1) values[i] = bytes.readFloatBE(VECTOR_HEADER_BYTES + 4 * i);
  return values;
}

function writeVector(out: Buffer, at: number, values: Float32Array): void {
  out.writeUInt16BE(values.length, at);
  out.writeUInt16BE(0, at + 2);
  const bytes = Buffer.from(values.buffer, values.byteOffset, values.byteLength);
  const target = out.subarray(at + VECTOR_HEADER_BYTES, at + VECTOR_HEADER_BYTES + bytes.length);
  bytes.copy(target);
  // Typed arrays are little-endian on every platform that Node's prebuilt runtimes support. A pooled buffer may start at
  // any byte, where swap32 still works: it swaps in place, byte by byte.
  target.swap32();
}
