/** What somebody looks like, as a vector, and how alike two looks are. */

/** An appearance vector of any length above zero; it need not be normalised. */
export type Appearance = Float32Array | Float64Array;

/** A vector with the reciprocal of its length, so that it is normalised by one multiplication and never copied. */
export interface Look {
  readonly vector: Appearance;
  readonly inverseLength: number;
  /** What likeness to it is worth, 0..1: see `worthOfFace` and `worthOfClothes`. */
  readonly worth: number;
}

export function toLook(vector: Appearance, worth = 1): Look {
  return { vector, inverseLength: 1 / Math.sqrt(dot(vector, vector)), worth };
}

/** 1 - cosine: 0 for the same direction, 1 for unrelated, 2 for opposite. */
export function cosineDistance(a: Look, b: Look): number {
  return 1 - dot(a.vector, b.vector) * a.inverseLength * b.inverseLength;
}

/** Four sums side by side, which the processor adds at once. */
function dot(a: Appearance, b: Appearance): number {
  let s0 = 0;
  let s1 = 0;
  let s2 = 0;
  let s3 = 0;
  const rest = a.length % 4;
  const end = a.length - rest;
  for (let i = 0; i < end; i += 4) {
    s0 += (a[i] as number) * (b[i] as number);
    s1 += (a[i + 1] as number) * (b[i + 1] as number);
    s2 += (a[i + 2] as number) * (b[i + 2] as number);
    s3 += (a[i + 3] as number) * (b[i + 3] as number);
  }
  for (let i = end; i < a.length; i++) s0 += (a[i] as number) * (b[i] as number);
  return s0 + s1 + (s2 + s3);
}
