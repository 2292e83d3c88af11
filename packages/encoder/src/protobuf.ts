/**
 * The little of the protobuf wire format that ONNX files need: varints and length-delimited fields.
 * Source: protobuf.dev/programming-guides/encoding.
 */

const VARINT = 0;
const FIXED64 = 1;
const LENGTH_DELIMITED = 2;
const FIXED32 = 5;

export interface Field {
  readonly number: number;
  /** The varint's value; 0 for other wire types. Exact up to 2^53. */
  readonly value: number;
  /** A view of the payload, never a copy; empty for varints. */
  readonly bytes: Uint8Array;
}

/**
 * The fields of one message, in the order they are written.
 * @throws Error when the message ends inside a field, as a truncated file does.
 */
export function* readFields(message: Uint8Array): Generator<Field> {
  const cursor = { message, at: 0 };
  while (cursor.at < message.length) {
    const tag = readVarint(cursor);
    const number = Math.floor(tag / 8);
    if (number === 0) throw new Error("a field has the number 0");
    const wire = tag % 8;
    if (wire === VARINT) yield { number, value: readVarint(cursor), bytes: message.subarray(0, 0) };
    else yield { number, value: 0, bytes: readBytes(cursor, payloadLength(cursor, wire)) };
  }
}

export function textOf(field: Field): string {
  return new TextDecoder().decode(field.bytes);
}

interface Cursor {
  readonly message: Uint8Array;
  at: number;
}

function payloadLength(cursor: Cursor, wire: number): number {
  if (wire === LENGTH_DELIMITED) return readVarint(cursor);
  if (wire === FIXED64) return 8;
  if (wire === FIXED32) return 4;
  throw new Error(`a field has the unknown wire type ${wire}`);
}

function readBytes(cursor: Cursor, length: number): Uint8Array {
  const end = cursor.at + length;
  if (end > cursor.message.length) throw new Error("it ends in the middle of a field");
  const bytes = cursor.message.subarray(cursor.at, end);
  cursor.at = end;
  return bytes;
}

function readVarint(cursor: Cursor): number {
  let value = 0;
  for (let scale = 1, length = 0; length < 10; scale *= 128, length++) {
    const byte = cursor.message[cursor.at++];
    if (byte === undefined) throw new Error("it ends in the middle of a field");
    // Multiplied, not shifted: lengths pass 2^31.
    value += (byte & 0x7f) * scale;
    if (byte < 0x80) return value;
  }
  throw new Error("a varint is longer than 10 bytes");
}

/** A field with a whole number ≥ 0. */
export function writeVarintField(number: number, value: number): Uint8Array {
  return Uint8Array.from([...varint(number * 8 + VARINT), ...varint(value)]);
}

/** A field with a string, bytes, or the fields of a nested message. */
export function writeField(number: number, content: string | Uint8Array | readonly Uint8Array[]): Uint8Array {
  const payload =
    typeof content === "string"
      ? new TextEncoder().encode(content)
      : content instanceof Uint8Array
        ? content
        : Buffer.concat(content);
  return Buffer.concat([
    Uint8Array.from([...varint(number * 8 + LENGTH_DELIMITED), ...varint(payload.length)]),
    payload,
  ]);
}

function varint(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
  return [...bytes, rest];
}
