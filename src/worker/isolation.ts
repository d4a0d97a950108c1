/** Lets the jobs of a process run side by side, but for one that must have the process to itself. */

interface Waiting {
  readonly isAlone: boolean;
  readonly enter: () => void;
}

/** A lock that is shared or exclusive, one for all jobs of a process. Turns come in the order in which they are asked for. */
export class Isolation {
  /** Tasks under way: any number beside each other, or one alone. */
  #running = 0;
  #isOneAlone = false;
  readonly #waiting: Waiting[] = [];

  /**
   * Runs the task once no other is, or waits to be, alone. Rejects with the signal's reason when that comes first; afterwards the
   * signal is the task's affair.
   */
  async beside<T>(task: () => Promise<T>, signal: AbortSignal): Promise<T> {
    return await this.#run(false, task, signal);
  }

  /** Runs the task once those before it have ended; those after it wait for its end. Rejects as `beside` does. */
  async alone<T>(task: () => Promise<T>, signal: AbortSignal): Promise<T> {
    return await this.#run(true, task, signal);
  }

  async #run<T>(isAlone: boolean, task: () => Promise<T>, signal: AbortSignal): Promise<T> {
    signal.throwIfAborted();
    await new Promise<void>((resolve, reject) => {
      const waiting: Waiting = {
        isAlone,
        enter: () => {
          signal.removeEventListener('abort', leave);
          resolve();
        },
      };
      const leave = () => {
        this.#waiting.splice(this.#waiting.indexOf(waiting), 1);
        // Those behind it may have waited for it alone.
        this.#admit();
        reject(signal.reason as Error);
      };
      signal.addEventListener('abort', leave, { once: true });
      this.#waiting.push(waiting);
      this.#admit();
    });
    try {
      return await task();
    } finally {
      this.#running -= 1;
      this.#admit();
    }
  }

  /** Whoever is first in the row is not overtaken, so that a task which must be alone comes to its turn. */
  #admit(): void {
    for (let [next] = this.#waiting; next !== undefined && this.#hasRoomFor(next); [next] = this.#waiting) {
      this.#waiting.shift();
      this.#running += 1;
      this.#isOneAlone = next.isAlone;
      next.enter();
    }
  }

  #hasRoomFor({ isAlone }: Waiting): boolean {
    return this.#running === 0 || !(isAlone || this.#isOneAlone);
  }
}
