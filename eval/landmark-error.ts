/** Gathers how far landmarks lie from where they should, over many frames. */
import type { Coordinates } from './expected-poses.ts';

export interface LandmarkError {
  readonly frames: number;
  /** Frames without a body, which the errors do not count. */
  readonly missed: number;
  /** Mean distance; NaN (null in JSON) where no body was found. */
  readonly mean: number;
  /** Largest difference along one axis: what Google's own tests bound; NaN as the mean is. */
  readonly max: number;
}

export class LandmarkErrorMeter {
  #frames = 0;
  #missed = 0;
  #points = 0;
  #sum = 0;
  #max = 0;

  /** @param found the landmarks in the unit and order of those expected; null for no body */
  add(found: Coordinates | null, expected: Coordinates): void {
    this.#frames++;
    if (found === null) {
      this.#missed++;
      return;
    }
    for (const [index, truth] of expected.entries()) {
      const differences = truth.map((value, axis) => Math.abs(value - (found[index]?.[axis] ?? Number.NaN)));
      this.#points++;
      this.#sum += Math.hypot(...differences);
      this.#max = Math.max(this.#max, ...differences);
    }
  }

  error(): LandmarkError {
    return {
      frames: this.#frames,
      missed: this.#missed,
      mean: this.#sum / this.#points,
      max: this.#points === 0 ? Number.NaN : this.#max,
    };
  }
}
