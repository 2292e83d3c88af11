import { fromHalves, toHalves } from "./half.ts";

/**
 * Words of a text with the place of each among the text's vectors; all arrays have one entry a unit, in the text's order.
 * Units may share a vector.
 */
export interface TokenUnits {
  /** UTF-16 offsets, [start, end), as JavaScript slices. */
  readonly starts: Int32Array;
  readonly ends: Int32Array;
  /** How many of the model's tokens the unit has. */
  readonly pieces: Int32Array;
  /** Row of the unit's vector. */
  readonly rows: Int32Array;
}

export type TokenPrecision = "int8" | "half";

/** A chunk's units with their contextual vectors, as they are stored. */
export interface PackedTokens {
  readonly precision: TokenPrecision;
  readonly dimensions: number;
  readonly units: TokenUnits;
  /** [rows, dimensions]: whole numbers of -127 to 127 at `int8`, bits of halves at `half`. */
  readonly values: Int8Array | Uint16Array;
  /** One a row: a value times it is the contextual vector's; 1 at `half`. */
  readonly scales: Float32Array;
  /** One a row: the length of the vector, so that a cosine needs one product. */
  readonly norms: Float32Array;
}

const VERSION = 1;
const HEADER_BYTES = 12;
const PRECISIONS: readonly TokenPrecision[] = ["int8", "half"];
const INT8_MAX = 127;
/** A varint of 32 bits. */
const VARINT_BYTES = 5;
const FIELDS = 4;

/**
 * One compact value for a chunk's units: header, scales, norms, values, then for each unit four varints (gap to the unit
 * before it, length, pieces, row). At int8 a vector takes its dimensions + 8 bytes and a unit some 4.
 * @param units with offsets from `origin` on, ascending
 * @param vectors [rows, dimensions], not normalised
 * @param origin where the chunk begins; the value itself is the same wherever the chunk lies
 */
export function packTokens(
  units: TokenUnits,
  vectors: Float32Array,
  options: { precision: TokenPrecision; dimensions: number; origin: number },
): Buffer {
  const { precision, dimensions, origin } = options;
  const rows = vectors.length / dimensions;
  const { values, scales, norms } = quantise(vectors, rows, dimensions, precision);
  const { head, tail } = packAround({ precision, dimensions }, units, { rows, origin });
  // Typed arrays are little-endian on every platform that Node's prebuilt runtimes support.
  const parts = [scales, norms, values].map((part) => new Uint8Array(part.buffer, part.byteOffset, part.byteLength));
  return Buffer.concat([head, ...parts, tail]);
}

/**
 * What a packed value has before its rows' scales, norms and values, and behind them.
 * @param size.rows rows there are
 * @param size.origin where the chunk begins
 */
export function packAround(
  { precision, dimensions }: Pick<PackedTokens, "precision" | "dimensions">,
  units: TokenUnits,
  { rows, origin }: { readonly rows: number; readonly origin: number },
): { readonly head: Buffer; readonly tail: Buffer } {
  const head = Buffer.alloc(HEADER_BYTES);
  head.writeUInt8(VERSION, 0);
  head.writeUInt8(PRECISIONS.indexOf(precision), 1);
  head.writeUInt16LE(dimensions, 2);
  head.writeUInt32LE(units.starts.length, 4);
  head.writeUInt32LE(rows, 8);
  const tail = Buffer.allocUnsafe(FIELDS * VARINT_BYTES * units.starts.length);
  let at = 0;
  let before = origin;
  for (let i = 0; i < units.starts.length; i += 1) {
    const start = units.starts[i] ?? 0;
    const end = units.ends[i] ?? 0;
    if (start < before || end < start) throw new Error("Units must be in the order of the text and not overlap");
    at = writeVarint(tail, at, start - before);
    at = writeVarint(tail, at, end - start);
    at = writeVarint(tail, at, units.pieces[i] ?? 0);
    at = writeVarint(tail, at, units.rows[i] ?? 0);
    before = end;
  }
  return { head, tail: tail.subarray(0, at) };
}

/**
 * What `packTokens` packed. The values are a view of `bytes` where its alignment allows.
 * @param origin where the chunk begins; offsets are counted from there
 * @throws Error when it is cut or of another version
 */
export function unpackTokens(bytes: Uint8Array, origin: number): PackedTokens {
  const { precision, dimensions, count, rows, valuesAt, unitsAt } = layoutOf(bytes);
  // A copy: floats must begin at a multiple of four, and a Buffer's own `slice` is a view.
  const copy = (at: number, length: number): ArrayBuffer => new Uint8Array(bytes.subarray(at, at + length)).buffer;
  const units = unpackUnits(bytes.subarray(unitsAt), origin, { count, rows });
  const values =
    precision === "int8"
      ? new Int8Array(bytes.buffer, bytes.byteOffset + valuesAt, unitsAt - valuesAt)
      : new Uint16Array(copy(valuesAt, unitsAt - valuesAt));
  return {
    precision,
    dimensions,
    units,
    values,
    scales: new Float32Array(copy(HEADER_BYTES, 4 * rows)),
    norms: new Float32Array(copy(HEADER_BYTES + 4 * rows, 4 * rows)),
  };
}

/**
 * What of a packed value says where its units are: its head, and what follows its values.
 * @throws Error when it is cut or of another version
 */
export function packedPlaces(packed: Uint8Array): { readonly places: Buffer; readonly rows: number } {
  const { rows, unitsAt } = layoutOf(packed);
  return { places: Buffer.concat([packed.subarray(0, HEADER_BYTES), packed.subarray(unitsAt)]), rows };
}

interface Layout extends Pick<PackedTokens, "precision" | "dimensions"> {
  readonly count: number;
  readonly rows: number;
  readonly valuesAt: number;
  readonly unitsAt: number;
}

/** @throws Error when it is cut or of another version */
function layoutOf(bytes: Uint8Array): Layout {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const precision = bytes.length < HEADER_BYTES ? undefined : PRECISIONS[view.getUint8(1)];
  if (precision === undefined || view.getUint8(0) !== VERSION) throw new Error("Not a packed value of token vectors");
  const dimensions = view.getUint16(2, true);
  const count = view.getUint32(4, true);
  const rows = view.getUint32(8, true);
  const valuesAt = HEADER_BYTES + 8 * rows;
  const unitsAt = valuesAt + rows * dimensions * (precision === "int8" ? 1 : 2);
  if (bytes.length < unitsAt + FIELDS * count) throw new Error("A packed value of token vectors is cut");
  return { precision, dimensions, count, rows, valuesAt, unitsAt };
}

/**
 * The places of a value's units alone, for whoever fetched no more of it than that.
 * @param bytes what follows the values
 * @param origin where the chunk begins
 * @param size.count units there must be; left out: as many as there are
 * @throws Error when it is cut, or names a row beyond `rows`
 */
export function unpackUnits(
  bytes: Uint8Array,
  origin: number,
  { rows, count }: { rows: number; count?: number },
): TokenUnits {
  const most = count ?? Math.floor(bytes.length / FIELDS);
  const starts = new Int32Array(most);
  const ends = new Int32Array(most);
  const pieces = new Int32Array(most);
  const rowNumbers = new Int32Array(most);
  const reader = { bytes, at: 0 };
  let found = 0;
  for (let before = origin; count === undefined ? reader.at < bytes.length : found < count; found += 1) {
    const start = before + readVarint(reader);
    before = start + readVarint(reader);
    starts[found] = start;
    ends[found] = before;
    pieces[found] = readVarint(reader);
    const row = readVarint(reader);
    if (row >= rows) throw new Error("A packed value of token vectors names a row that it does not have");
    rowNumbers[found] = row;
  }
  if (found === most) return { starts, ends, pieces, rows: rowNumbers };
  const kept = (all: Int32Array): Int32Array => all.slice(0, found);
  return { starts: kept(starts), ends: kept(ends), pieces: kept(pieces), rows: kept(rowNumbers) };
}

/** All vectors, [rows, dimensions], not normalised. */
export function tokenVectors({ values, scales, dimensions }: PackedTokens): Float32Array {
  if (values instanceof Uint16Array) return fromHalves(values);
  const vectors = new Float32Array(values.length);
  for (let row = 0; row < scales.length; row += 1) {
    const scale = scales[row] ?? 0;
    for (let i = row * dimensions; i < (row + 1) * dimensions; i += 1) vectors[i] = (values[i] ?? 0) * scale;
  }
  return vectors;
}

function quantise(
  vectors: Float32Array,
  rows: number,
  dimensions: number,
  precision: TokenPrecision,
): Pick<PackedTokens, "values" | "scales" | "norms"> {
  const scales = new Float32Array(rows).fill(1);
  const norms = new Float32Array(rows);
  const values = precision === "int8" ? new Int8Array(vectors.length) : toHalves(vectors);
  const kept = values instanceof Uint16Array ? fromHalves(values) : undefined;
  for (let row = 0; row < rows; row += 1) {
    const from = row * dimensions;
    let sum = 0;
    if (kept === undefined) {
      let largest = 0;
      for (let i = from; i < from + dimensions; i += 1) {
        const size = Math.abs(vectors[i] ?? 0);
        if (size > largest) largest = size;
      }
      const scale = largest / INT8_MAX;
      scales[row] = scale;
      const inverse = scale > 0 ? 1 / scale : 0;
      for (let i = from; i < from + dimensions; i += 1) {
        // Rounded above zero, where cutting does it: four times as fast as Math.round.
        const value = (((vectors[i] ?? 0) * inverse + INT8_MAX + 0.5) | 0) - INT8_MAX;
        values[i] = value;
        sum += value * value;
      }
      sum *= scale * scale;
    } else for (let i = from; i < from + dimensions; i += 1) sum += (kept[i] ?? 0) ** 2;
    norms[row] = Math.sqrt(sum);
  }
  return { values, scales, norms };
}

function writeVarint(out: Buffer, at: number, value: number): number {
  let rest = value;
  let next = at;
  for (; rest >= 0x80; rest >>>= 7) out[next++] = (rest & 0x7f) | 0x80;
  out[next++] = rest;
  return next;
}

function readVarint(reader: { readonly bytes: Uint8Array; at: number }): number {
  let value = 0;
  for (let shift = 0; shift < 35; shift += 7) {
    const byte = reader.bytes[reader.at++];
    if (byte === undefined) break;
    value |= (byte & 0x7f) << shift;
    if (byte < 0x80) return value >>> 0;
  }
  throw new Error("A packed value of token vectors is cut");
}
