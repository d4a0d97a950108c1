/** Notes on a job that outlive the process working on it: who began, how often that ended in a crash, and how far it got. */
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { WorkerError } from '../errors.ts';
import type { Content, ObjectLocation, ObjectStore, PutCondition, ReceivedMessage } from './ports.ts';

export interface JobJournalOptions {
  readonly store: ObjectStore;
  readonly bucket: string;
  /** Key prefix of the results; the notes lie below it in `.journal/`. */
  readonly prefix: string;
}

/** The attempt that works on the job now, or the one that died doing so. */
type OpenedBy = Pick<ReceivedMessage, 'messageId' | 'receiveCount'>;

const entrySchema = z.object({
  crashes: z.int().min(0),
  openedBy: z.object({ messageId: z.string(), receiveCount: z.int() }).nullable(),
});

type Entry = z.infer<typeof entrySchema>;

/**
 * How an attempt left its job:
 * - `done`: it has its result; the notes go
 * - `again`: another attempt follows
 * - `crashed`: as `again`, but it took a thread or a child process with it
 */
export type JournalEnding = 'done' | 'again' | 'crashed';

export class JobJournal {
  readonly #options: JobJournalOptions;

  constructor(options: JobJournalOptions) {
    this.#options = options;
  }

  /**
   * Notes that this attempt begins. An earlier receive of the same message that never noted its end took its process with it:
   * it counts as a crash. Rejects with STORAGE_UNAVAILABLE.
   */
  async open(jobId: string, by: OpenedBy, signal: AbortSignal): Promise<JournalPage> {
    const page = this.#page(jobId);
    const { store } = page;
    const location = entryLocation(page);
    // Read and head are two requests: the condition of the put shows whether they saw the same.
    const head = await store.head(location, signal);
    const found = head === null ? null : parseEntry(await store.get(location, signal));
    const crashes = (found?.crashes ?? 0) + (isCrash(found, by) ? 1 : 0);
    const { messageId, receiveCount } = by;
    const entry = { crashes, openedBy: { messageId, receiveCount } };
    const condition = head === null ? 'absent' : { etag: head.etag };
    const etag = (await putEntry(page, entry, condition, signal)) ?? (await ownEtag(page, by, signal));
    return new JournalPage(page, crashes, etag);
  }

  /** Removes what an attempt left that died between its result and its last note. */
  async forget(jobId: string, digest: string, signal: AbortSignal): Promise<void> {
    const page = this.#page(jobId);
    await page.store.delete(checkpointLocation(page, digest), signal);
    await page.store.delete(entryLocation(page), signal);
  }

  #page(jobId: string): PageOptions {
    const { store, bucket, prefix } = this.#options;
    return { store, bucket, folder: `${prefix}.journal/${jobId}` };
  }
}

interface PageOptions {
  readonly store: ObjectStore;
  readonly bucket: string;
  readonly folder: string;
}

/** One attempt's notes. Everything it writes is fenced: once another attempt has opened the journal, it writes no more. */
export class JournalPage {
  /** Attempts at this job that took a process or a thread with them, before this one. */
  readonly crashes: number;
  readonly #page: PageOptions;
  /** Null when another attempt has the journal. */
  readonly #etag: string | null;
  #slot: CheckpointSlot | null = null;

  constructor(page: PageOptions, crashes: number, etag: string | null) {
    this.crashes = crashes;
    this.#page = page;
    this.#etag = etag;
  }

  /** @param digest of all that the checkpoint depends on: one of other work is not found */
  checkpoint(digest: string): CheckpointSlot {
    this.#slot = new CheckpointSlot(this.#page.store, checkpointLocation(this.#page, digest));
    return this.#slot;
  }

  async close(ending: JournalEnding, signal: AbortSignal): Promise<void> {
    if (ending === 'done') await this.#slot?.remove(signal);
    if (this.#etag === null) return;
    if (ending === 'done') {
      await this.#page.store.delete(entryLocation(this.#page), signal);
      return;
    }
    const crashes = this.crashes + (ending === 'crashed' ? 1 : 0);
    await putEntry(this.#page, { crashes, openedBy: null }, { etag: this.#etag }, signal);
  }
}

/** Metadata by which a checkpoint is known again. */
const NAME_KEY = 'clipping-checkpoint';

/** Where one job's work so far is kept; the latest replaces the one before. */
export class CheckpointSlot {
  readonly #store: ObjectStore;
  readonly #location: ObjectLocation;
  #etag: string | null = null;
  #fenced = false;

  constructor(store: ObjectStore, location: ObjectLocation) {
    this.#store = store;
    this.#location = location;
  }

  /** Copies what was kept into a new file; null when nothing was, its size in bytes otherwise. */
  async read(file: string, signal: AbortSignal): Promise<number | null> {
    if ((await this.#store.head(this.#location, signal)) === null) return null;
    try {
      const copy = await this.#store.download(this.#location, file, { maxBytes: Infinity }, signal);
      this.#etag = copy.etag;
      return copy.bytes;
    } catch (error) {
      // Gone meanwhile, or not to be read: the work begins anew, and no video is to blame.
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

/** A later receive of the same message begins only after the earlier one has lost its hold, so it can be told dead. */
function isCrash(found: Entry | null, { messageId, receiveCount }: OpenedBy): boolean {
  const { openedBy = null } = found ?? {};
  return openedBy !== null && openedBy.messageId === messageId && openedBy.receiveCount < receiveCount;
}

function parseEntry(bytes: Uint8Array | null): Entry | null {
  if (bytes === null) return null;
  try {
    return entrySchema.parse(JSON.parse(new TextDecoder().decode(bytes)));
  } catch {
    // Notes nobody can read tell nothing; the job itself is unharmed.
    return null;
  }
}

/**
 * The entry's ETag when it is this attempt's after all: a put whose answer was lost is repeated, and then refused because of itself.
 * Null when another attempt has the journal.
 */
async function ownEtag(page: PageOptions, by: OpenedBy, signal: AbortSignal): Promise<string | null> {
  const location = entryLocation(page);
  const head = await page.store.head(location, signal);
  const openedBy = parseEntry(await page.store.get(location, signal))?.openedBy;
  const isOurs = openedBy?.messageId === by.messageId && openedBy.receiveCount === by.receiveCount;
  return isOurs ? (head?.etag ?? null) : null;
}

async function putEntry(
  page: PageOptions,
  entry: Entry,
  condition: PutCondition,
  signal: AbortSignal,
): Promise<string | null> {
  const json = new TextEncoder().encode(JSON.stringify(entry));
  return await page.store.put(
    entryLocation(page),
    json,
    { condition, contentType: 'application/json' },
    signal,
  );
}

function checkpointLocation({ bucket, folder }: PageOptions, digest: string): ObjectLocation {
  return { bucket, key: `${folder}/${digest}.checkpoint` };
}

function entryLocation({ bucket, folder }: PageOptions): ObjectLocation {
  return { bucket, key: `${folder}/attempt.json` };
}
