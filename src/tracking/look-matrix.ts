/** Looks in the rows of a matrix, so that their likeness to another is one product, and lies in one piece of memory. */
import { multiply, rowLength } from '../kernels/matrix-vector.ts';
import type { Look } from './look.ts';

export class LookMatrix {
  /** Of unit length each. */
  #rows = new Float64Array();
  #stride = 0;
  #cosines = new Float64Array();
  #size = 0;
  readonly #mostRows: number;
  readonly #firstRows: number;

  /**
   * @param mostRows there is never room for more
   * @param firstRows so many there is room for with the first; it doubles as it must
   */
  constructor(mostRows: number, firstRows = 1) {
    this.#mostRows = mostRows;
    this.#firstRows = firstRows;
  }

  get size(): number {
    return this.#size;
  }

  /** @param row one that is there, or the next */
  set(row: number, { vector, inverseLength }: Look): void {
    this.#size = Math.max(this.#size, row + 1);
    this.#stride ||= rowLength(vector.length);
    if (this.#size * this.#stride > this.#rows.length) this.#grow();
    const rows = this.#rows;
    const start = row * this.#stride;
    for (let i = 0; i < vector.length; i++) rows[start + i] = (vector[i] as number) * inverseLength;
  }

  /** Of all rows; zeros follow the vector. */
  sum(): Float64Array {
    const sum = new Float64Array(this.#stride);
    const rows = this.#rows;
    for (let start = 0; start < this.#size * this.#stride; start += this.#stride) {
      for (let i = 0; i < sum.length; i++) sum[i] = (sum[i] as number) + (rows[start + i] as number);
    }
    return sum;
  }

  /** The cosine of each row to a look, until the next call. */
  cosines({ vector, inverseLength }: Look): Float64Array {
    const cosines =
      this.#cosines.length === this.#size ? this.#cosines : this.#cosines.subarray(0, this.#size);
    multiply(this.#rows, vector, cosines);
    for (let i = 0; i < cosines.length; i++) cosines[i] = (cosines[i] as number) * inverseLength;
    return cosines;
  }

  #grow(): void {
    const capacity = Math.min(this.#mostRows, Math.max(this.#firstRows, 2 * this.#size - 1));
    const rows = new Float64Array(capacity * this.#stride);
    rows.set(this.#rows);
    this.#rows = rows;
    this.#cosines = new Float64Array(capacity);
  }
}
