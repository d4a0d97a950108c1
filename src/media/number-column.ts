/** Numbers of which nobody knows beforehand how many there are: an array of as many takes several times the memory while it grows. */
const FIRST_CAPACITY = 1024;

export class NumberColumn {
  #values = new Float64Array(FIRST_CAPACITY);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  push(value: number): void {
    if (this.#length === this.#values.length) {
      const longer = new Float64Array(2 * this.#length);
      longer.set(this.#values);
      this.#values = longer;
    }
    this.#values[this.#length++] = value;
  }

  /** What was pushed; no copy, so that nothing is pushed any more. */
  done(): Float64Array {
    return this.#values.subarray(0, this.#length);
  }
}
