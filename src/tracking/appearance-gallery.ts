/** What a track has looked like: its newest appearance vectors, and the cosine distance of others to them. */

/** An appearance vector of any length above zero; it need not be normalised. */
export type Appearance = Float32Array | Float64Array;

/** A vector with the reciprocal of its length, so that it is normalised by one multiplication and never copied. */
export interface Look {
  readonly vector: Appearance;
  readonly inverseLength: number;
}

export function toLook(vector: Appearance): Look {
  return { vector, inverseLength: 1 / Math.sqrt(dot(vector, vector)) };
}

/** 1 - cosine: 0 for the same direction, 1 for unrelated, 2 for opposite. */
export function cosineDistance(a: Look, b: Look): number {
  return 1 - dot(a.vector, b.vector) * a.inverseLength * b.inverseLength;
}

/** A ring of the newest vectors of one track (R_k of DeepSORT, equation 2). */
export class AppearanceGallery {
  readonly #looks: Look[] = [];
  readonly #budget: number;
  #oldest = 0;

  /** @param budget most vectors kept; the oldest makes room for the newest */
  constructor(budget: number) {
    this.#budget = budget;
  }

  get size(): number {
    return this.#looks.length;
  }

  add(look: Look): void {
    if (this.#looks.length < this.#budget) {
      this.#looks.push(look);
      return;
    }
    this.#looks[this.#oldest] = look;
    this.#oldest = (this.#oldest + 1) % this.#budget;
  }

  /** The distance to the most similar vector of the gallery; Infinity when it is empty. */
  distance(look: Look): number {
    let least = Infinity;
    for (const known of this.#looks) least = Math.min(least, cosineDistance(known, look));
    return least;
  }
}

function dot(a: Appearance, b: Appearance): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] as number) * (b[i] as number);
  return sum;
}
