/** A binary heap: the item of the least key comes out first. */
export class PriorityQueue<T> {
  readonly #items: T[] = [];
  readonly #keys: number[] = [];

  /** Of the item that comes out next; Infinity while the queue is empty. */
  get leastKey(): number {
    return this.#keys[0] ?? Infinity;
  }

  push(item: T, key: number): void {
    let hole = this.#keys.length;
    while (hole > 0) {
      const parent = (hole - 1) >> 1;
      if ((this.#keys[parent] as number) <= key) break;
      this.#move(parent, hole);
      hole = parent;
    }
    this.#items[hole] = item;
    this.#keys[hole] = key;
  }

  pop(): T | undefined {
    const least = this.#items[0];
    const item = this.#items.pop();
    const key = this.#keys.pop();
    if (item === undefined || key === undefined || this.#keys.length === 0) return least;
    let hole = 0;
    for (let child = this.#lesserChild(hole); child !== 0; child = this.#lesserChild(hole)) {
      if ((this.#keys[child] as number) >= key) break;
      this.#move(child, hole);
      hole = child;
    }
    this.#items[hole] = item;
    this.#keys[hole] = key;
    return least;
  }

  /** 0 where there is none. */
  #lesserChild(parent: number): number {
    const left = 2 * parent + 1;
    const right = left + 1;
    if (left >= this.#keys.length) return 0;
    return right < this.#keys.length && (this.#keys[right] as number) < (this.#keys[left] as number)
      ? right
      : left;
  }

  #move(from: number, to: number): void {
    this.#items[to] = this.#items[from] as T;
    this.#keys[to] = this.#keys[from] as number;
  }
}
