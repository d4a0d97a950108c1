/** Lets a limited number of tasks run at the same time; the others wait in the order in which they came. */
import { WorkerError } from '../errors.ts';

export class Turns {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  /** @param limit tasks at the same time; Infinity for no limit */
  constructor(limit: number) {
    if (!(limit >= 1))
      throw new WorkerError('CONFIG_INVALID', `${limit} tasks at a time are none: allow one or more`);
    this.#free = limit;
  }

  /** Runs the task when it is its turn. Rejects with the signal's reason when that comes first. */
  async take<T>(task: () => Promise<T>, signal: AbortSignal): Promise<T> {
    await this.#wait(signal);
    try {
      return await task();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#free += 1;
      else next();
    }
  }

  async #wait(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (this.#free > 0) {
      this.#free -= 1;
      return;
    }
    await new Promise<void>((resolve, reject) => {
      const enter = () => {
        signal.removeEventListener('abort', leave);
        resolve();
      };
      const leave = () => {
        this.#waiting.splice(this.#waiting.indexOf(enter), 1);
        reject(signal.reason as Error);
      };
      this.#waiting.push(enter);
      signal.addEventListener('abort', leave, { once: true });
    });
  }
}
