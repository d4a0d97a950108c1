/** The detections of a frame by their place, so that a track in a crowd need look at its neighbourhood alone. */
import type { Reach } from './association-likelihood.ts';
import type { Detection } from './detection.ts';

export class PlaceIndex {
  /** From left to right. */
  readonly #indices: readonly number[];
  readonly #centresX: readonly number[];
  readonly #centresY: readonly number[];

  /** @param indices of those detections that are looked for */
  constructor(detections: readonly Detection[], indices: readonly number[]) {
    const centre = (index: number, axis: 0 | 1) => detections[index]?.xyah[axis] ?? Number.NaN;
    this.#indices = indices.toSorted((a, b) => centre(a, 0) - centre(b, 0));
    this.#centresX = this.#indices.map((index) => centre(index, 0));
    this.#centresY = this.#indices.map((index) => centre(index, 1));
  }

  /** The indices of the detections whose centre is within reach, from left to right. */
  within({ left, right, top, bottom }: Reach): number[] {
    const found: number[] = [];
    for (
      let i = this.#firstFrom(left);
      i < this.#indices.length && (this.#centresX[i] as number) <= right;
      i++
    ) {
      const y = this.#centresY[i] as number;
      if (y >= top && y <= bottom) found.push(this.#indices[i] as number);
    }
    return found;
  }

  #firstFrom(left: number): number {
    let [from, to] = [0, this.#indices.length];
    while (from < to) {
      const middle = (from + to) >> 1;
      if ((this.#centresX[middle] as number) < left) from = middle + 1;
      else to = middle;
    }
    return from;
  }
}
