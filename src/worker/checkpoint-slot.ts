/** Where a job's work so far is kept for the next attempt: fenced, so that who has lost the job writes no more. */
import { randomUUID } from 'node:crypto';
import { WorkerError } from '../errors.ts';
import type { Content, ObjectLocation, ObjectStore } from './ports.ts';

/** Metadata by which a checkpoint is known again. */
const NAME_KEY = 'clipping-checkpoint';

/** Where one job's work so far is kept; the latest replaces the one before. */
export class CheckpointSlot {
  readonly #store: ObjectStore;
  readonly #location: ObjectLocation;
  readonly #written: (signal: AbortSignal) => Promise<void>;
  #etag: string | null = null;
  #fenced = false;

  /** @param written called after each checkpoint that is kept; what it rejects with, `write` does */
  constructor(store: ObjectStore, location: ObjectLocation, written: (signal: AbortSignal) => Promise<void>) {
    this.#store = store;
    this.#location = location;
    this.#written = written;
  }

  /** Copies what was kept into a new file; null when nothing was, its size in bytes otherwise. */
  async read(file: string, signal: AbortSignal): Promise<number | null> {
    try {
      const copy = await this.#store.download(this.#location, file, { maxBytes: Infinity }, signal);
      this.#etag = copy.etag;
      return copy.bytes;
    } catch (error) {
      // Not there, or not to be read: the work begins anew, and no video is to blame.
      if (error instanceof WorkerError && error.code.startsWith('VIDEO_')) return null;
      throw error;
    }
  }

  /** Does nothing once another attempt has written here. */
  async write(content: Content, signal: AbortSignal): Promise<void> {
    if (this.#fenced) return;
    const condition = this.#etag === null ? 'absent' : { etag: this.#etag };
    const name = randomUUID();
    const options = {
      condition,
      contentType: 'application/octet-stream',
      metadata: { [NAME_KEY]: name },
    } as const;
    const etag = await this.#store.put(this.#location, content, options, signal);
    this.#etag = etag ?? (await this.#etagOf(name, signal));
    this.#fenced = this.#etag === null;
    if (!this.#fenced) await this.#written(signal);
  }

  /** Of what lies there, if that is what was just written: a put whose answer was lost is repeated, and then refused because of itself. */
  async #etagOf(name: string, signal: AbortSignal): Promise<string | null> {
    const head = await this.#store.head(this.#location, signal);
    return head?.metadata[NAME_KEY] === name ? head.etag : null;
  }

  /** To be called when the job has its result: nobody needs a checkpoint any more, whoever wrote it. */
  async remove(signal: AbortSignal): Promise<void> {
    if (this.#etag !== null || this.#fenced) await this.#store.delete(this.#location, signal);
  }
}
