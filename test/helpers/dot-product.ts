/** Dot product of two vectors: the cosine of vectors of length 1. NaN when one of them is missing. */
export function dotProduct(a: Float32Array | null | undefined, b: Float32Array | null | undefined): number {
  if (a === null || a === undefined || b === null || b === undefined) return Number.NaN;
  return a.reduce((sum, value, i) => sum + value * (b[i] ?? Number.NaN), 0);
}
