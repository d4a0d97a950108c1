/** Writes an analysis's checkpoints as they come, one at a time and the newest first; the last one at a shutdown as well. */
import type { Logger } from '../log.ts';
import type { CheckpointSlot } from './checkpoint-slot.ts';
import type { Content } from './ports.ts';
import { isShutdown } from './shutdown.ts';

/**
 * After a shutdown has aborted the job, a checkpoint gets until then to be written: the message must be visible again within
 * seconds. It still is ours for that long, since a lease is given up well before it ends.
 */
const LAST_WRITE_MS = 2500;

export class CheckpointSaver {
  readonly #slot: CheckpointSlot;
  readonly #logger: Logger;
  readonly #stopListening: () => void;
  /** Aborts when nothing may be written any more. */
  readonly #closed = new AbortController();
  #newest: Content | null = null;
  #writing: Promise<void> | null = null;

  /** @param signal the job's: after its abort nothing is written, unless the reason is a shutdown */
  constructor(slot: CheckpointSlot, signal: AbortSignal, logger: Logger) {
    this.#slot = slot;
    this.#logger = logger;
    const close = () => this.#closed.abort(signal.reason);
    const onAbort = () => (isShutdown(signal) ? setTimeout(close, LAST_WRITE_MS).unref() : close());
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
    this.#stopListening = () => signal.removeEventListener('abort', onAbort);
  }

  /** Takes a checkpoint that holds all that those before it hold. */
  offer(checkpoint: Content): void {
    this.#newest = checkpoint;
    this.#writing ??= this.#writeNewest().finally(() => {
      this.#writing = null;
    });
  }

  /** Resolves when nothing is being written. To be called last, after the analysis. */
  async idle(): Promise<void> {
    await this.#writing;
    // A listener would keep the signal, and with it all of the job, in memory for as long as the process lives.
    this.#stopListening();
  }

  /** What was offered while another one was being written follows it. */
  async #writeNewest(): Promise<void> {
    for (let next = this.#newest; next !== null; next = this.#newest) {
      this.#newest = null;
      await this.#write(next);
    }
  }

  /** A checkpoint that cannot be kept costs time after an interruption, and nothing else. */
  async #write(checkpoint: Content): Promise<void> {
    const signal = this.#closed.signal;
    if (signal.aborted) return;
    try {
      await this.#slot.write(checkpoint, signal);
    } catch (error) {
      if (!signal.aborted) this.#logger.warn({ err: error }, 'a checkpoint could not be kept');
    }
  }
}
