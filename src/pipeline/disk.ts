/** Writes an analysis's files in its thread, which has nothing else to do meanwhile. */
import { openSync, writeSync } from 'node:fs';
import { WorkerError } from '../errors.ts';

/** Text is written in pieces of at least so many characters: few calls, and little in memory. */
const PIECE_CHARACTERS = 1 << 16;

/** Opens a new file that only this user can read; an old one of that name is emptied. @throws WorkerError DISK_FULL */
export function createFile(file: string): number {
  return onDisk(() => openSync(file, 'w+', 0o600));
}

/** Writes all bytes, from a position of the file on. @throws WorkerError DISK_FULL */
export function writeAll(fd: number, bytes: Uint8Array, position: number): void {
  for (let done = 0; done < bytes.length; ) {
    done += onDisk(() => writeSync(fd, bytes, done, bytes.length - done, position + done));
  }
}

/** A long text, written from its beginning to its end. */
export class TextWriter {
  readonly #fd: number;
  #waiting = '';
  #bytes = 0;

  constructor(fd: number) {
    this.#fd = fd;
  }

  /** In the file so far, without what waits to be written. */
  get bytes(): number {
    return this.#bytes;
  }

  /** @throws WorkerError DISK_FULL */
  write(text: string): void {
    this.#waiting += text;
    if (this.#waiting.length >= PIECE_CHARACTERS) this.flush();
  }

  /** To be called last. @throws WorkerError DISK_FULL */
  flush(): void {
    const bytes = Buffer.from(this.#waiting);
    writeAll(this.#fd, bytes, this.#bytes);
    this.#bytes += bytes.length;
    this.#waiting = '';
  }
}

function onDisk<T>(work: () => T): T {
  try {
    return work();
  } catch (cause) {
    throw new WorkerError('DISK_FULL', 'an analysis cannot write its files to TEMP_DIR: free some space', {
      cause,
    });
  }
}
