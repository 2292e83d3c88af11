/** Added to the moments' diagonal, as a share of its mean: channels that are hardly ever used have next to none. */
const DAMPING = 0.01;

/**
 * Lower triangle L of the moments with L Lᵀ = moments + damping.
 * @param moments [size, size], symmetric
 * @param factors what each channel is divided by
 */
export function triangleOf(moments: Float32Array, factors: Float32Array): Float64Array {
  const size = factors.length;
  const triangle = new Float64Array(size * size);
  let trace = 0;
  for (let i = 0; i < size; i++) trace += (moments[i * size + i] ?? 0) / (factors[i] ?? 1) ** 2;
  const damping = Math.max((trace / size) * DAMPING, Number.MIN_VALUE);
  for (let i = 0; i < size; i++) {
    const row = triangle.subarray(i * size, i * size + size);
    for (let j = 0; j <= i; j++) {
      const other = triangle.subarray(j * size, j * size + size);
      let sum = (moments[i * size + j] ?? 0) / ((factors[i] ?? 1) * (factors[j] ?? 1));
      for (let k = 0; k < j; k++) sum -= row[k]! * other[k]!;
      row[j] = i === j ? Math.sqrt(Math.max(sum + damping, damping)) : sum / other[j]!;
    }
  }
  return triangle;
}

/**
 * Weights in whole steps, each rounded so that it makes up for what rounding the ones behind it did to the product, on
 * inputs with those moments (Babai's nearest plane; GPTQ finds the same numbers).
 * @param weights [rows, columns] in steps
 * @param triangle of the inputs' moments
 * @param limits the least and the largest that a weight may become, given the one behind it in the same pair of rows
 */
export function roundTogether(
  weights: Float32Array,
  triangle: Float64Array,
  limits: (next: number | undefined) => readonly [number, number],
): Int8Array {
  const size = Math.sqrt(triangle.length);
  const columns = weights.length / size;
  const rounded = new Int8Array(weights.length);
  const errors = new Float32Array(weights.length);
  const wanted = new Float32Array(columns);
  for (let row = size - 1; row >= 0; row--) {
    wanted.set(weights.subarray(row * columns, (row + 1) * columns));
    const own = triangle[row * size + row] ?? 1;
    for (let behind = row + 1; behind < size; behind++) {
      // The transposed triangle's row is the triangle's column.
      const share = (triangle[behind * size + row] ?? 0) / own;
      const from = behind * columns;
      for (let column = 0; column < columns; column++) wanted[column]! += share * errors[from + column]!;
    }
    for (let column = 0; column < columns; column++) {
      const at = row * columns + column;
      const [least, most] = limits(row % 2 === 0 && row + 1 < size ? rounded[at + columns] : undefined);
      const value = Math.min(Math.max(Math.round(wanted[column] ?? 0), least), most);
      rounded[at] = value;
      errors[at] = (weights[at] ?? 0) - value;
    }
  }
  return rounded;
}
