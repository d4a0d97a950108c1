/** One slot of the intake: works on the queue's messages, one at a time, and may be borrowed while the queue has none for it. */
import { setTimeout as sleep } from 'node:timers/promises';
import { giveBack } from '../worker/give-back.ts';
import type { ReceivedMessage } from '../worker/ports.ts';

/** A receive that has waited this long has shown that the queue is empty: a waiting message would have come by then. */
const PROOF_OF_EMPTY_MS = 200;

/** Longer than a slot takes from the end of an empty receive to the next one. */
const BETWEEN_RECEIVES_MS = 50;

export class IntakeSlot {
  readonly #handler: (message: ReceivedMessage) => Promise<void>;
  /** Since when a receive waits for a message, on the clock of `performance.now()`; null while none does. */
  #receivingSinceMs: number | null = null;
  #isBusy = false;
  #loan: PromiseWithResolvers<void> | null = null;

  constructor(handler: (message: ReceivedMessage) => Promise<void>) {
    this.#handler = handler;
  }

  /** To be awaited before every receive: a borrowed slot receives nothing. */
  async beforeReceive(): Promise<void> {
    this.#receivingSinceMs = null;
    await this.#loan?.promise;
    this.#receivingSinceMs = performance.now();
  }

  afterReceive(): void {
    this.#receivingSinceMs = null;
  }

  async handle(message: ReceivedMessage): Promise<void> {
    // The receive that was under way at the loan goes on, since an aborted one may take a message for nobody.
    if (this.#loan !== null) return await giveBack(message);
    this.#isBusy = true;
    try {
      await this.#handler(message);
    } finally {
      this.#isBusy = false;
    }
  }

  /** Takes the slot from an empty queue; null where the queue needs it, or somebody else has it. The function gives it back. */
  async borrow(): Promise<(() => void) | null> {
    if (!this.#isFree()) return null;
    if (this.#receivingSinceMs === null) await sleep(BETWEEN_RECEIVES_MS);
    const sinceMs = this.#receivingSinceMs;
    if (sinceMs === null) return null;
    await sleep(Math.max(0, sinceMs + PROOF_OF_EMPTY_MS - performance.now()));
    if (this.#receivingSinceMs !== sinceMs || !this.#isFree()) return null;
    const loan = Promise.withResolvers<void>();
    this.#loan = loan;
    return () => {
      this.#loan = null;
      loan.resolve();
    };
  }

  #isFree(): boolean {
    return !this.#isBusy && this.#loan === null;
  }
}
