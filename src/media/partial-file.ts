/** A file of which only parts are there, or come: a byte that was not fetched is never given out as a zero. */
import { type FileHandle, open } from 'node:fs/promises';
import { type Arrivals, untilArrived } from '../arrivals.ts';
import { type ByteRange, isWithin } from '../byte-ranges.ts';

/** Which of its bytes may be read. */
export interface FileParts {
  /** What is there, or will be: ascending and apart from each other; null for all of it. */
  readonly parts: readonly ByteRange[] | null;
  /** Which of it is still to come: reads wait for it; null where all is there. */
  readonly arrivals: Arrivals | null;
}

export class PartialFile {
  readonly #handle: FileHandle;
  readonly #fileParts: FileParts;
  #isOpen = true;

  /** In bytes, of the whole. */
  readonly size: number;

  private constructor(handle: FileHandle, size: number, fileParts: FileParts) {
    this.#handle = handle;
    this.size = size;
    this.#fileParts = fileParts;
  }

  /** @param file absolute path; it has the size of the whole */
  static async open(file: string, fileParts: FileParts): Promise<PartialFile> {
    const handle = await open(file);
    const { size } = await handle.stat();
    return new PartialFile(handle, size, fileParts);
  }

  /** Whether the range is there, or will be. */
  includes(range: ByteRange): boolean {
    const { parts } = this.#fileParts;
    return parts === null || isWithin(parts, range);
  }

  /** @throws RangeError beyond the parts, in those that do not come, and once the file is closed */
  async read({ start, end }: ByteRange): Promise<Uint8Array> {
    const { arrivals } = this.#fileParts;
    const isThere =
      this.includes({ start, end }) &&
      (arrivals === null || (await untilArrived(arrivals, { start, end }))) &&
      this.#isOpen;
    if (!isThere) throw new RangeError(`bytes ${start} to ${end} of the video were not fetched`);
    const data = Buffer.allocUnsafe(end - start);
    for (let done = 0; done < data.length; ) {
      const { bytesRead } = await this.#handle.read(data, done, data.length - done, start + done);
      if (bytesRead === 0) throw new RangeError('the copy of the video is shorter than the video');
      done += bytesRead;
    }
    return data;
  }

  /** Reads that are under way end first. */
  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    // What was only read has nothing to lose.
    void this.#handle.close().catch(() => {});
  }
}
