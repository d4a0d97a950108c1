/** Notes that the store did not take when they were due: written as soon as it does, one after the other, while this process lives. */
import { setTimeout as sleep } from 'node:timers/promises';
import { type BackOff, fullJitterMs } from './back-off.ts';

/** Writes one note; rejects when it could not, to be called again. */
export type WriteNote = (signal: AbortSignal) => Promise<void>;

/** The oldest are dropped beyond this: a store that is gone for good must not fill the memory. */
const MAX_WAITING = 1000;

const WRITE_TIMEOUT_MS = 30_000;

/** Short, because the next attempt at the job may begin as soon as the store answers. */
const DEFAULT_BACK_OFF: BackOff = { baseMs: 1000, maxMs: 4000 };

export class LateNotes {
  readonly #backOff: BackOff;
  readonly #waiting: WriteNote[] = [];
  #isWriting = false;

  constructor(backOff: BackOff = DEFAULT_BACK_OFF) {
    this.#backOff = backOff;
  }

  add(note: WriteNote): void {
    this.#waiting.push(note);
    if (this.#waiting.length > MAX_WAITING) this.#waiting.shift();
    if (!this.#isWriting) void this.#writeAll();
  }

  /** Never rejects. Its pauses keep no process alive. */
  async #writeAll(): Promise<void> {
    this.#isWriting = true;
    let failures = 1;
    for (let note = this.#waiting.shift(); note !== undefined; note = this.#waiting.shift()) {
      await sleep(fullJitterMs(failures, this.#backOff), undefined, { ref: false });
      try {
        await note(AbortSignal.timeout(WRITE_TIMEOUT_MS));
        failures = 1;
      } catch {
        failures += 1;
        this.#waiting.push(note);
      }
    }
    this.#isWriting = false;
  }
}
