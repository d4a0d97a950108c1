/** Writes an analysis's checkpoints as they come, one at a time and never ahead of one another. */
import type { Logger } from '../log.ts';
import type { CheckpointSlot } from './job-journal.ts';

export class CheckpointSaver {
  readonly #slot: CheckpointSlot;
  readonly #signal: AbortSignal;
  readonly #logger: Logger;
  #writing: Promise<void> | null = null;

  constructor(slot: CheckpointSlot, signal: AbortSignal, logger: Logger) {
    this.#slot = slot;
    this.#signal = signal;
    this.#logger = logger;
  }

  /** Begins to write, unless the one before is still being written: the next will hold all that this one holds. */
  offer(checkpoint: Uint8Array): void {
    this.#writing ??= this.#write(checkpoint).finally(() => {
      this.#writing = null;
    });
  }

  /** Resolves when nothing is being written. */
  async idle(): Promise<void> {
    await this.#writing;
  }

  /** A checkpoint that cannot be kept costs time after an interruption, and nothing else. */
  async #write(checkpoint: Uint8Array): Promise<void> {
    try {
      await this.#slot.write(checkpoint, this.#signal);
    } catch (error) {
      if (!this.#signal.aborted) this.#logger.warn({ err: error }, 'a checkpoint could not be kept');
    }
  }
}
