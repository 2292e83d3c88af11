import { ELEMENT, type ModelNode, type ModelTensor } from "./onnx-model.ts";
import { writeField, writeVarintField } from "./protobuf.ts";

const ATTRIBUTE = { name: 1, int: 3, ints: 8, type: 20 };
const ATTRIBUTE_TYPE = { int: 2, ints: 7 };
/** Largest finite half-precision number. */
export const HALF_MAX = 65_504;

/** The values of a float32 or int8 tensor. @throws Error for others */
export function valuesOf({ element, data }: ModelTensor): Float32Array | Int8Array {
  if (element === ELEMENT.int8) return new Int8Array(data.buffer, data.byteOffset, data.length);
  if (element !== ELEMENT.float) throw new Error(`a tensor of the element type ${element} stands where floats should`);
  // Protobuf aligns nothing.
  if (data.byteOffset % 4 !== 0) return new Float32Array(new Uint8Array(data).buffer);
  return new Float32Array(data.buffer, data.byteOffset, data.length / 4);
}

export function floatTensor(dims: readonly number[], values: Float32Array): ModelTensor {
  return {
    dims,
    element: ELEMENT.float,
    data: new Uint8Array(values.buffer, values.byteOffset, values.byteLength),
  };
}

export function scalarTensor(value: number): ModelTensor {
  return floatTensor([], Float32Array.of(value));
}

/** The same values in half precision, rounded to nearest, ties to even. @throws Error when one is too large */
export function halfTensor(tensor: ModelTensor): ModelTensor {
  const values = valuesOf(tensor);
  const halves = new Uint16Array(values.length);
  const float = new Float32Array(1);
  const bits = new Uint32Array(float.buffer);
  for (let index = 0; index < values.length; index++) {
    const value = values[index] ?? 0;
    if (!(Math.abs(value) <= HALF_MAX)) throw new Error(`it has the weight ${value}, too large for half precision`);
    float[0] = value;
    halves[index] = halfBits(bits[0] ?? 0);
  }
  return { dims: tensor.dims, element: ELEMENT.half, data: new Uint8Array(halves.buffer) };
}

/** Bits of a finite float32 within half's range to those of the nearest half. */
function halfBits(bits: number): number {
  const sign = (bits >>> 16) & 0x8000;
  const exponent = ((bits >>> 23) & 0xff) - 127 + 15;
  const mantissa = bits & 0x7fffff;
  if (exponent < -10) return sign;
  // Below the normal range the leading 1 is written out, shifted down.
  const shift = exponent <= 0 ? 14 - exponent : 13;
  const whole = exponent <= 0 ? mantissa | 0x800000 : mantissa;
  const kept = whole >>> shift;
  const rest = whole & ((1 << shift) - 1);
  const middle = 1 << (shift - 1);
  const rounded = kept + (rest > middle || (rest === middle && (kept & 1) === 1) ? 1 : 0);
  // A carry out of the mantissa raises the exponent, as it should.
  return sign | ((exponent <= 0 ? 0 : exponent << 10) + rounded);
}

/** A standard node with one output. Attribute values are whole numbers ≥ 0. */
export function standardNode(
  operator: string,
  inputs: readonly string[],
  output: string,
  attributes: Readonly<Record<string, number | readonly number[]>> = {},
): ModelNode {
  return {
    operator,
    domain: "",
    inputs,
    outputs: [output],
    attributes: Object.entries(attributes).map(([name, value]) =>
      Buffer.concat(
        typeof value === "number"
          ? [
              writeField(ATTRIBUTE.name, name),
              writeVarintField(ATTRIBUTE.int, value),
              writeVarintField(ATTRIBUTE.type, ATTRIBUTE_TYPE.int),
            ]
          : [
              writeField(ATTRIBUTE.name, name),
              ...value.map((one) => writeVarintField(ATTRIBUTE.ints, one)),
              writeVarintField(ATTRIBUTE.type, ATTRIBUTE_TYPE.ints),
            ],
      ),
    ),
  };
}
