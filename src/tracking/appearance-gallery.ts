/** What a track has looked like: its newest appearance vectors, and the cosine distance of others to them. */
import { cosineDistance, type Look, toLook } from './look.ts';
import { LookMatrix } from './look-matrix.ts';

/** The bounds are computed anew after so many additions, as a share of the gallery. */
const REFRESH_AFTER = 1 / 16;

/** What rounding may do to a cosine. */
const ROUNDING = 1e-13;

/** Of the angle from a gallery's centre beyond which no vector is. */
interface Rim {
  readonly cosine: number;
  readonly sine: number;
}

/** A ring of the newest vectors of one track (R_k of DeepSORT, equation 2). */
export class AppearanceGallery {
  readonly #looks: LookMatrix;
  readonly #budget: number;
  #oldest = 0;
  /** Where the sum of the vectors pointed lately; null while there are none. */
  #centre: Look | null = null;
  #rim: Rim = rimAt(1);
  #additionsSinceRefresh = 0;

  /** @param budget most vectors kept; the oldest makes room for the newest */
  constructor(budget: number) {
    this.#budget = budget;
    this.#looks = new LookMatrix(budget);
  }

  get size(): number {
    return this.#looks.size;
  }

  add(look: Look): void {
    const isFull = this.#looks.size === this.#budget;
    this.#looks.set(isFull ? this.#oldest : this.#looks.size, look);
    if (isFull) this.#oldest = (this.#oldest + 1) % this.#budget;
    this.#additionsSinceRefresh += 1;
    if (this.#centre === null) this.#boundBy(look);
    else if (this.#additionsSinceRefresh > REFRESH_AFTER * this.#looks.size) {
      // In single precision, as looks are: any point near the middle will do, and V8 is slow where the two kinds meet.
      this.#boundBy(toLook(Float32Array.from(this.#looks.sum())));
    } else {
      // From a centre that stays, the others are no further than before.
      const cosine = 1 - cosineDistance(look, this.#centre);
      if (!(cosine >= this.#rim.cosine)) this.#rim = rimAt(cosine);
    }
  }

  /** The distance to the most similar vector of the gallery; Infinity when it is empty. */
  distance(look: Look): number {
    return 1 - greatest(this.#looks.cosines(look));
  }

  /** A bound below `distance` for the price of a single comparison: no member is nearer than the gallery's rim. */
  leastDistance(look: Look): number {
    if (this.#centre === null) return Infinity;
    const cosine = 1 - cosineDistance(look, this.#centre);
    // No trigonometry: a crowd asks for thousands of bounds a frame. What is no number has no bound: vectors that cancel each other out have no centre.
    if (!(cosine < this.#rim.cosine)) return 0;
    return 1 - cosine * this.#rim.cosine - Math.sqrt(Math.max(0, 1 - cosine ** 2)) * this.#rim.sine;
  }

  #boundBy(centre: Look): void {
    this.#additionsSinceRefresh = 0;
    this.#centre = centre;
    this.#rim = rimAt(least(this.#looks.cosines(centre)));
  }
}

/** No nearer than it is, whatever the rounding; NaN where the centre is none. */
function rimAt(cosine: number): Rim {
  const widened = Math.max(-1, cosine - ROUNDING);
  return { cosine: widened, sine: Math.sqrt(1 - widened ** 2) };
}

function least(values: Float64Array): number {
  let least = Infinity;
  for (let i = 0; i < values.length; i++) least = Math.min(least, values[i] as number);
  return least;
}

function greatest(values: Float64Array): number {
  let greatest = -Infinity;
  for (let i = 0; i < values.length; i++) greatest = Math.max(greatest, values[i] as number);
  return greatest;
}
