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

/** Additions after which the spread is measured anew instead of being estimated from above. */
const SPREAD_REFRESH = 10;

/** A ring of the newest vectors of one track (R_k of DeepSORT, equation 2). */
export class AppearanceGallery {
  readonly #looks: Look[] = [];
  readonly #budget: number;
  #oldest = 0;
  /** Sum of the normalised vectors: its direction is the gallery's centre. */
  #sum = new Float64Array(0);
  /** No vector is further from the centre than this angle, in radians. */
  #spread = 0;
  #additions = 0;

  /** @param budget most vectors kept; the oldest makes room for the newest */
  constructor(budget: number) {
    this.#budget = budget;
  }

  get size(): number {
    return this.#looks.length;
  }

  add(look: Look): void {
    const before = this.#looks.length === 0 ? look : toLook(this.#sum);
    const evicted = this.#looks.length < this.#budget ? undefined : this.#looks[this.#oldest];
    if (evicted === undefined) this.#looks.push(look);
    else {
      this.#looks[this.#oldest] = look;
      this.#oldest = (this.#oldest + 1) % this.#budget;
    }
    if (this.#sum.length === 0) this.#sum = new Float64Array(look.vector.length);
    for (let i = 0; i < this.#sum.length; i++) {
      const gone = evicted === undefined ? 0 : (evicted.vector[i] as number) * evicted.inverseLength;
      this.#sum[i] = (this.#sum[i] as number) + (look.vector[i] as number) * look.inverseLength - gone;
    }
    this.#updateSpread(before, look);
  }

  /** The distance to the most similar vector of the gallery; Infinity when it is empty. */
  distance(look: Look): number {
    let least = Infinity;
    for (const known of this.#looks) least = Math.min(least, cosineDistance(known, look));
    return least;
  }

  /** A bound below `distance` for the price of a single comparison: no member is nearer than the gallery's rim. */
  leastDistance(look: Look): number {
    if (this.#looks.length === 0) return Infinity;
    const toRim = angle(toLook(this.#sum), look) - this.#spread;
    return 1 - Math.cos(Math.max(0, toRim));
  }

  /** The centre moves with every addition; the old members are at most that much further from it. */
  #updateSpread(before: Look, added: Look): void {
    const centre = toLook(this.#sum);
    this.#additions += 1;
    this.#spread =
      this.#additions % SPREAD_REFRESH === 0
        ? Math.max(...this.#looks.map((known) => angle(centre, known)))
        : Math.max(this.#spread + angle(before, centre), angle(centre, added));
  }
}

function angle(a: Look, b: Look): number {
  return Math.acos(Math.min(1, Math.max(-1, 1 - cosineDistance(a, b))));
}

/** Four sums side by side, which the processor adds at once. */
function dot(a: Appearance, b: Appearance): number {
  let [s0, s1, s2, s3] = [0, 0, 0, 0];
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
