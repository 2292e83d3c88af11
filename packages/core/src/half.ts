/** IEEE 754 half precision, as pgvector's halfvec and ONNX's float16 have it: one bit sign, five exponent, ten mantissa. */

/** Largest finite half-precision number. */
export const HALF_MAX = 65_504;

const scratch = (): { floats: Float32Array; bits: Uint32Array } => {
  const floats = new Float32Array(1);
  return { floats, bits: new Uint32Array(floats.buffer) };
};

/** Each value rounded to the nearest half, ties to even; what is too large becomes the largest finite one. */
export function toHalves(values: Float32Array): Uint16Array {
  const { floats, bits } = scratch();
  const halves = new Uint16Array(values.length);
  for (let i = 0; i < values.length; i += 1) {
    floats[0] = Math.max(-HALF_MAX, Math.min(HALF_MAX, values[i] ?? 0));
    halves[i] = halfBits(bits[0] ?? 0);
  }
  return halves;
}

export function fromHalves(halves: Uint16Array): Float32Array {
  const values = new Float32Array(halves.length);
  for (let i = 0; i < halves.length; i += 1) {
    const half = halves[i] ?? 0;
    const exponent = (half >> 10) & 31;
    const mantissa = half & 1023;
    const size = exponent === 0 ? mantissa * 2 ** -24 : (1 + mantissa / 1024) * 2 ** (exponent - 15);
    values[i] = half & 0x8000 ? -size : size;
  }
  return values;
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
