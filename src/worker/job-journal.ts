/** Notes on a job that outlive the process working on it: who began, how often that ended in a crash, and how far it got. */
import { randomUUID } from 'node:crypto';
import { WorkerError } from '../errors.ts';
import {
  type Attempt,
  crashesIn,
  type Entry,
  ended,
  gotFurther,
  type JournalEnding,
  NEW_ENTRY,
  names,
  opened,
  openedUnlessSuspect,
  parseEntry,
} from './attempt-notes.ts';
import { CheckpointSlot } from './checkpoint-slot.ts';
import { LateNotes } from './late-notes.ts';
import type { ObjectLocation, ObjectStore, PutCondition } from './ports.ts';

/** Where the results lie, and the notes on unfinished jobs beside them, in `.journal/`. */
export interface ResultPlace {
  readonly store: ObjectStore;
  readonly bucket: string;
  /** Key prefix of the results; the job id and `.json` follow. */
  readonly prefix: string;
}

/** Notes that change between our look and our put are looked at again, this often at most. */
const MAX_LOOKS = 5;

export class JobJournal {
  readonly #results: ResultPlace;
  readonly #late = new LateNotes();

  constructor(results: ResultPlace) {
    this.#results = results;
  }

  /**
   * The page of one attempt; nothing is noted yet.
   * @param request names what the job asks for: what happened to another request under the same id says nothing of this one
   */
  page(jobId: string, request: string, { messageId, receiveCount }: Attempt): JournalPage {
    return new JournalPage(this.#folder(jobId), request, { messageId, receiveCount }, this.#late);
  }

  /** Removes what an attempt left that died between its result and its last note. */
  async forget(jobId: string, digest: string, signal: AbortSignal): Promise<void> {
    const folder = this.#folder(jobId);
    await folder.store.delete(checkpointLocation(folder, digest), signal);
    await folder.store.delete(entryLocation(folder), signal);
  }

  #folder(jobId: string): Folder {
    const { store, bucket, prefix } = this.#results;
    return { store, bucket, path: `${prefix}.journal/${jobId}` };
  }
}

/** Where the notes on one job lie. */
interface Folder {
  readonly store: ObjectStore;
  readonly bucket: string;
  readonly path: string;
}

/**
 * One attempt's notes. It tells of its own end and of nobody else's, so that it may do so at any time: also when another attempt
 * has followed, which until then takes it for dead.
 */
export class JournalPage {
  readonly #folder: Folder;
  readonly #request: string;
  readonly #attempt: Attempt;
  readonly #late: LateNotes;
  #crashes = 0;
  #state: 'not begun' | 'opening' | 'open' | 'ended' | 'end missing' = 'not begun';
  #slot: CheckpointSlot | null = null;

  constructor(folder: Folder, request: string, attempt: Attempt, late: LateNotes) {
    this.#folder = folder;
    this.#request = request;
    this.#attempt = attempt;
    this.#late = late;
  }

  /** Attempts at this job that took a process or a thread with them before this one, which got no further: known once it was opened. */
  get crashes(): number {
    return this.#crashes;
  }

  /** Whether this attempt's end could not be noted so far: the next receive of its message would take it for dead. */
  get isEndMissing(): boolean {
    return this.#state === 'end missing';
  }

  /**
   * Notes that this attempt begins. An earlier receive of the same message that has not told of its end took its process with it,
   * as far as anyone knows: it counts as a crash. Rejects with STORAGE_UNAVAILABLE.
   */
  async open(signal: AbortSignal): Promise<void> {
    await this.#open(opened, signal);
    this.#state = 'open';
  }

  /**
   * As `open`, but where earlier attempts have crashed, nothing is noted of this one, which has not begun then: it is not taken for
   * dead, whatever becomes of this process. Resolves to whether it has begun.
   */
  async openUnlessSuspect(signal: AbortSignal): Promise<boolean> {
    await this.#open(openedUnlessSuspect, signal);
    const hasBegun = this.#crashes === 0;
    this.#state = hasBegun ? 'open' : 'not begun';
    return hasBegun;
  }

  async #open(change: (found: Entry, attempt: Attempt) => Entry, signal: AbortSignal): Promise<void> {
    this.#state = 'opening';
    const entry = await this.#amend((found) => change(found ?? NEW_ENTRY, this.#attempt), signal);
    if (entry !== null) this.#crashes = crashesIn(entry);
  }

  /** @param digest of all that the checkpoint depends on: one of other work is not found */
  checkpoint(digest: string): CheckpointSlot {
    const location = checkpointLocation(this.#folder, digest);
    this.#slot = new CheckpointSlot(this.#folder.store, location, (signal) => this.#forgive(signal));
    return this.#slot;
  }

  /** With its first checkpoint, this attempt has got further than those that crashed: they count no more. */
  async #forgive(signal: AbortSignal): Promise<void> {
    if (this.#crashes === 0) return;
    await this.#amend((found) => (found === null ? null : gotFurther(found)), signal);
    this.#crashes = 0;
  }

  /**
   * Notes how this attempt ended, if it has begun. What cannot be noted before the signal aborts is noted as soon as the store takes
   * it, while this process lives. Never rejects.
   */
  async close(ending: JournalEnding, signal: AbortSignal): Promise<void> {
    if (this.#state === 'not begun') return;
    const wasOpened = this.#state === 'open';
    const end = (given: JournalEnding) => async (until: AbortSignal) => {
      await this.#end(given, wasOpened, until);
      this.#state = 'ended';
    };
    try {
      await end(ending)(signal);
    } catch {
      this.#state = 'end missing';
      // By then the notes may be those of a new job of this id: they are no longer ours to remove.
      this.#late.add(end(ending === 'done' ? 'again' : ending));
    }
  }

  async #end(ending: JournalEnding, wasOpened: boolean, signal: AbortSignal): Promise<void> {
    if (ending === 'done') {
      await this.#slot?.remove(signal);
      await this.#folder.store.delete(entryLocation(this.#folder), signal);
      return;
    }
    await this.#amend((found) => {
      // A put that was not answered may yet take effect; it does not once anything else is written.
      if (!wasOpened) return ended(found ?? NEW_ENTRY, this.#attempt, ending);
      return found !== null && names(found, this.#attempt) ? ended(found, this.#attempt, ending) : null;
    }, signal);
  }

  /**
   * Replaces what is noted by what `change` makes of it, and resolves to that; null from `change` leaves it as it is. `change` is
   * given null when nothing is noted of this request; it may be called again, also when its own change is in place already: the answer to a put may
   * have been lost.
   */
  async #amend(change: (found: Entry | null) => Entry | null, signal: AbortSignal): Promise<Entry | null> {
    const { store } = this.#folder;
    const location = entryLocation(this.#folder);
    for (let look = 0; look < MAX_LOOKS; look++) {
      // Head and read are two requests: the condition of the put shows whether they saw the same.
      const head = await store.head(location, signal);
      const found = head === null ? null : parseEntry(await store.get(location, signal));
      const isOurs = (found?.request ?? this.#request) === this.#request;
      const entry = change(isOurs ? found : null);
      if (entry === null) return null;
      const condition = head === null ? 'absent' : { etag: head.etag };
      const noted = { ...entry, request: this.#request };
      if ((await putEntry(this.#folder, noted, condition, signal)) !== null) return entry;
    }
    throw new WorkerError(
      'STORAGE_UNAVAILABLE',
      'the notes on a job are being written by several workers at once',
    );
  }
}

/** Resolves to null when the condition did not hold. */
async function putEntry(
  folder: Folder,
  entry: Entry,
  condition: PutCondition,
  signal: AbortSignal,
): Promise<string | null> {
  // No two writes have the same ETag, so that a condition on one holds for no other, though they say the same.
  const json = new TextEncoder().encode(JSON.stringify({ ...entry, revision: randomUUID() }));
  return await folder.store.put(
    entryLocation(folder),
    json,
    { condition, contentType: 'application/json' },
    signal,
  );
}

function checkpointLocation({ bucket, path }: Folder, digest: string): ObjectLocation {
  return { bucket, key: `${path}/${digest}.checkpoint` };
}

function entryLocation({ bucket, path }: Folder): ObjectLocation {
  return { bucket, key: `${path}/attempt.json` };
}
