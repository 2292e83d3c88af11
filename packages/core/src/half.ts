/** IEEE 754 half precision, as pgvector's halfvec and ONNX's float16 have it: one bit sign, five exponent, ten mantissa. */

/** Largest finite half-precision number. */
export const HALF_MAX = 65_504;

/** Bits of float32: the least normal half, the largest finite one, and what lies between the two exponents' zero points. */
const LEAST_NORMAL = 0x38800000;
const LARGEST = 0x477fe000;
const EXPONENTS = 0x38000000;

/** Each value rounded to the nearest half, ties to even; what is too large becomes the largest finite one. */
export function toHalves(values: Float32Array): Uint16Array {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const halves = new Uint16Array(values.length);
  for (let i = 0; i < bits.length; i += 1) {
    const whole = bits[i] ?? 0;
    const size = Math.min(whole & 0x7fffffff, LARGEST);
    const sign = (whole >>> 16) & 0x8000;
    // A carry out of the mantissa raises the exponent, as it should.
    halves[i] =
      size >= LEAST_NORMAL ? sign | ((size - EXPONENTS + 0xfff + ((size >>> 13) & 1)) >>> 13) : sign | smallHalf(size);
  }
  return halves;
}

export function fromHalves(halves: Uint16Array): Float32Array {
  const values = new Float32Array(halves.length);
  const bits = new Uint32Array(values.buffer);
  for (let i = 0; i < halves.length; i += 1) {
    const half = halves[i] ?? 0;
    const size = half & 0x7fff;
    if (size >= 0x400) bits[i] = ((half & 0x8000) << 16) | ((size << 13) + EXPONENTS);
    else values[i] = (half & 0x8000 ? -size : size) * 2 ** -24;
  }
  return values;
}

/** Below the normal range: the leading 1 is written out, shifted down. */
function smallHalf(size: number): number {
  const exponent = (size >>> 23) - 127 + 15;
  if (exponent < -10) return 0;
  const whole = (size & 0x7fffff) | 0x800000;
  const shift = 14 - exponent;
  const kept = whole >>> shift;
  const rest = whole & ((1 << shift) - 1);
  const middle = 1 << (shift - 1);
  return kept + (rest > middle || (rest === middle && (kept & 1) === 1) ? 1 : 0);
}
