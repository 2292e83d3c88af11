/**
 * Cosine of two vectors of one length; 0 where one of them has no direction. Of a vector with itself it is exactly 1:
 * the root of a square that was rounded once is the number again.
 */
export function cosine(a: readonly number[], b: readonly number[]): number {
  let dot = 0;
  let lengthA = 0;
  let lengthB = 0;
  for (let i = 0; i < a.length; i++) {
    const x = a[i] ?? 0;
    const y = b[i] ?? 0;
    dot += x * y;
    lengthA += x * x;
    lengthB += y * y;
  }
  return lengthA === 0 || lengthB === 0 ? 0 : dot / Math.sqrt(lengthA * lengthB);
}

/** The cosine of every pair; the same both ways round. */
export function cosineMatrix(vectors: readonly (readonly number[])[]): number[][] {
  const matrix = vectors.map(() => new Array<number>(vectors.length).fill(0));
  vectors.forEach((a, row) => {
    for (let column = row; column < vectors.length; column++) {
      const value = cosine(a, vectors[column] ?? []);
      (matrix[row] ?? [])[column] = value;
      (matrix[column] ?? [])[row] = value;
    }
  });
  return matrix;
}
