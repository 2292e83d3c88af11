import { floatTensor, int8Tensor, valuesOf } from "../model-tensor.ts";
import type { ModelTensor, OnnxModel } from "../onnx-model.ts";
import type { Product, ProductGroup } from "./find-products.ts";
import { roundTogether } from "./round-weights.ts";

/** int8 weights [rows, columns] with a scale a column. */
export interface QuantisedWeights {
  readonly values: ModelTensor;
  readonly scales: ModelTensor;
}

/**
 * CPUs without VNNI add two neighbouring products in 16 bits: 255 x 127 twice would not fit. Two neighbours in a column
 * have weights of one sign that add up to this at most: 255 x 128 = 32,640. One step is left for rounding. Cosine of
 * MiniLM with float32, smoothed by 0.65 and 0.35: 0.99875; weights of the full range have 0.99892, but 0.9949 in 16 bits.
 */
const PAIR_MOST = 127;
/** What two neighbours of one sign may be once they are rounded. */
const PAIR_FITS = 128;
/** Largest magnitude of int8; -128 is left out so that both signs have the same steps. */
const INT8_MOST = 127;
/** How much of a channel's range is moved from the activations into the weights. */
export interface SmoothingShare {
  readonly activations: number;
  readonly weights: number;
}

/** A channel that is (nearly) never used must not ask for an endless factor. */
const LEAST_MAGNITUDE = 1e-5;

/** The weights as [rows, columns] floats, whichever way they lie in the file. */
export function weightsOf({ weights, isTransposed, rows, columns }: Product, model: OnnxModel): Float32Array {
  const tensor = model.tensors.get(weights);
  if (tensor === undefined) throw new Error(`its weights ${weights} are missing`);
  const values = Float32Array.from(valuesOf(tensor));
  if (!isTransposed) return values;
  return Float32Array.from(values, (_, at) => values[(at % columns) * rows + Math.floor(at / columns)] ?? 0);
}

/**
 * The factor of each channel by which activations are divided and weights multiplied, so that a few loud channels do not
 * take the steps of all others (SmoothQuant). Geometric mean 1.
 * @param largest of each channel's activations
 */
export function smoothingOf(
  { rows, products }: ProductGroup,
  largest: Float32Array,
  model: OnnxModel,
  share: SmoothingShare,
): Float32Array {
  const loudest = new Float32Array(rows);
  products.forEach((product) => {
    const values = weightsOf(product, model);
    const { columns } = product;
    for (let row = 0; row < rows; row++)
      for (let column = 0; column < columns; column++)
        loudest[row] = Math.max(loudest[row] ?? 0, Math.abs(values[row * columns + column] ?? 0));
  });
  const logs = Float64Array.from(
    loudest,
    (weight, row) =>
      share.activations * Math.log(Math.max(largest[row] ?? 0, LEAST_MAGNITUDE)) -
      share.weights * Math.log(Math.max(weight, LEAST_MAGNITUDE)),
  );
  const mean = logs.reduce((sum, one) => sum + one, 0) / rows;
  return Float32Array.from(logs, (log) => Math.exp(log - mean));
}

/**
 * @param factors one a row
 * @param triangle of the inputs' moments: rounding errors make up for each other; without it, each is rounded by itself
 */
export function quantiseColumns(
  values: Float32Array,
  columns: number,
  factors: Float32Array,
  triangle: Float64Array | undefined,
): QuantisedWeights {
  const rows = values.length / columns;
  const at = (row: number, column: number): number => (values[row * columns + column] ?? 0) * (factors[row] ?? 1);
  const scales = new Float32Array(columns).fill(LEAST_MAGNITUDE / INT8_MOST);
  for (let row = 0; row < rows; row += 2)
    for (let column = 0; column < columns; column++) {
      const one = at(row, column);
      const other = row + 1 < rows ? at(row + 1, column) : 0;
      const pair = one * other > 0 ? Math.abs(one + other) : Math.max(Math.abs(one), Math.abs(other));
      scales[column] = Math.max(scales[column] ?? 0, pair / PAIR_MOST);
    }
  const steps = new Float32Array(values.length);
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++)
      steps[row * columns + column] = at(row, column) / (scales[column] ?? 1);
  const rounded = triangle === undefined ? Int8Array.from(steps, Math.round) : roundTogether(steps, triangle, limits);
  return { values: int8Tensor([rows, columns], rounded), scales: floatTensor([columns], scales) };
}

/** Of a weight, given the next one in its pair. */
function limits(next = 0): readonly [number, number] {
  return [Math.max(-INT8_MOST, -PAIR_FITS - Math.min(next, 0)), Math.min(INT8_MOST, PAIR_FITS - Math.max(next, 0))];
}

/** A table [rows, columns] as int8 with a scale a row, [rows, 1]. */
export function quantiseRows(table: ModelTensor): QuantisedWeights {
  const [rows = 0, columns = 0] = table.dims;
  const values = valuesOf(table);
  const scales = new Float32Array(rows);
  const steps = new Int8Array(values.length);
  for (let row = 0; row < rows; row++) {
    const one = values.subarray(row * columns, (row + 1) * columns);
    let largest = LEAST_MAGNITUDE;
    for (const value of one) largest = Math.max(largest, Math.abs(value));
    const scale = largest / INT8_MOST;
    scales[row] = scale;
    for (let column = 0; column < columns; column++)
      steps[row * columns + column] = Math.round((one[column] ?? 0) / scale);
  }
  return { values: int8Tensor(table.dims, steps), scales: floatTensor([rows, 1], scales) };
}
