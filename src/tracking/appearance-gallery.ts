/** What a track has looked like: its newest appearance vectors, and the cosine distance of others to them. */

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

/** The bounds are computed anew after so many additions, as a share of the gallery, or half as many. */
const REFRESH_AFTER = 1 / 5;

/** A ring of the newest vectors of one track (R_k of DeepSORT, equation 2). */
export class AppearanceGallery {
  readonly #looks: Look[] = [];
  readonly #budget: number;
  #oldest = 0;
  /** So many were added, and a number to begin with. */
  #additions: number;
  /** Points where the sum of the normalised vectors pointed lately; null while there are none. */
  #centre: Look | null = null;
  /** No vector is further from the centre than this angle, in radians. */
  #spread = 0;
  /** Of that angle. */
  #rim = { cosine: 1, sine: 0 };

  /**
   * @param budget most vectors kept; the oldest makes room for the newest
   * @param number any whole number: galleries of different ones do not all compute their bounds anew in one frame
   */
  constructor(budget: number, number = 0) {
    this.#budget = budget;
    this.#additions = number;
  }

  get size(): number {
    return this.#looks.length;
  }

  add(look: Look): void {
    if (this.#looks.length < this.#budget) this.#looks.push(look);
    else {
      this.#looks[this.#oldest] = look;
      this.#oldest = (this.#oldest + 1) % this.#budget;
    }
    this.#additions += 1;
    const period = 2 ** Math.floor(Math.log2(Math.max(1, REFRESH_AFTER * this.#looks.length)));
    if (this.#centre === null || this.#additions % period === 0) this.#refreshBounds(look);
    // From a centre that stays, the others are no further than before.
    else this.#spread = Math.max(this.#spread, angle(this.#centre, look));
    const spread = Math.min(Math.PI, this.#spread);
    this.#rim = { cosine: Math.cos(spread), sine: Math.sin(spread) };
  }

  /** The distance to the most similar vector of the gallery; Infinity when it is empty. */
  distance(look: Look): number {
    let least = Infinity;
    for (let i = 1; i < this.#looks.length; i += 2) {
      const nearer = lesserDistance(this.#looks[i - 1] as Look, this.#looks[i] as Look, look);
      least = Math.min(least, nearer);
    }
    const odd = this.#looks.length % 2 === 1 ? this.#looks.at(-1) : undefined;
    return odd === undefined ? least : Math.min(least, cosineDistance(odd, look));
  }

  /** A bound below `distance` for the price of a single comparison: no member is nearer than the gallery's rim. */
  leastDistance(look: Look): number {
    if (this.#centre === null) return Infinity;
    const cosine = 1 - cosineDistance(this.#centre, look);
    // No trigonometry: a crowd asks for thousands of bounds a frame. What is no number has no bound: vectors that cancel each other out have no centre.
    if (!(cosine < this.#rim.cosine)) return 0;
    return 1 - cosine * this.#rim.cosine - Math.sqrt(Math.max(0, 1 - cosine ** 2)) * this.#rim.sine;
  }

  #refreshBounds({ vector }: Look): void {
    const sum = vector.slice().fill(0);
    for (const known of this.#looks) addNormalised(sum, known);
    const centre = toLook(sum);
    this.#centre = centre;
    this.#spread = 0;
    for (const known of this.#looks) this.#spread = Math.max(this.#spread, angle(centre, known));
  }
}

/** The cosine distance to the nearer of two: the same numbers as `cosineDistance` has, in two thirds of the time. */
function lesserDistance(a: Look, b: Look, to: Look): number {
  const u = a.vector;
  const v = b.vector;
  const w = to.vector;
  let u0 = 0;
  let u1 = 0;
  let u2 = 0;
  let u3 = 0;
  let v0 = 0;
  let v1 = 0;
  let v2 = 0;
  let v3 = 0;
  const end = w.length - (w.length % 4);
  for (let i = 0; i < end; i += 4) {
    const w0 = w[i] as number;
    const w1 = w[i + 1] as number;
    const w2 = w[i + 2] as number;
    const w3 = w[i + 3] as number;
    u0 += (u[i] as number) * w0;
    u1 += (u[i + 1] as number) * w1;
    u2 += (u[i + 2] as number) * w2;
    u3 += (u[i + 3] as number) * w3;
    v0 += (v[i] as number) * w0;
    v1 += (v[i + 1] as number) * w1;
    v2 += (v[i + 2] as number) * w2;
    v3 += (v[i + 3] as number) * w3;
  }
  for (let i = end; i < w.length; i++) {
    u0 += (u[i] as number) * (w[i] as number);
    v0 += (v[i] as number) * (w[i] as number);
  }
  return Math.min(
    1 - (u0 + u1 + (u2 + u3)) * a.inverseLength * to.inverseLength,
    1 - (v0 + v1 + (v2 + v3)) * b.inverseLength * to.inverseLength,
  );
}

function addNormalised(sum: Appearance, { vector, inverseLength }: Look): void {
  for (let i = 0; i < sum.length; i++) {
    sum[i] = (sum[i] as number) + (vector[i] as number) * inverseLength;
  }
}

function angle(a: Look, b: Look): number {
  return Math.acos(Math.min(1, Math.max(-1, 1 - cosineDistance(a, b))));
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
