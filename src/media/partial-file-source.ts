/** Lets the in-process reader see a file of which only parts are there, or come: a byte that was not fetched is never given out as a zero. */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { CustomSource } from 'mediabunny';
import { type Arrivals, untilArrived } from '../arrivals.ts';
import { type ByteRange, isWithin } from '../byte-ranges.ts';

/**
 * @param file absolute path; it has the size of the whole
 * @param parts what is there, or will be: ascending and apart from each other
 * @param arrivals which of it is still to come: reads wait for it; null where all is there
 * @returns a source whose reads fail with a RangeError beyond the parts, and in those that do not come
 */
export function partialFileSource(
  file: string,
  parts: readonly ByteRange[],
  arrivals: Arrivals | null,
): CustomSource {
  const descriptor = openSync(file, 'r');
  let isOpen = true;
  return new CustomSource({
    getSize: () => fstatSync(descriptor).size,
    read: async (start, end) => {
      const isThere =
        isWithin(parts, { start, end }) &&
        (arrivals === null || (await untilArrived(arrivals, { start, end }))) &&
        isOpen;
      if (!isThere) {
        throw new RangeError(`bytes ${start} to ${end} of the video were not fetched`);
      }
      const data = new Uint8Array(end - start);
      let done = 0;
      while (done < data.length) {
        const count = readSync(descriptor, data, done, data.length - done, start + done);
        if (count === 0) throw new RangeError('the copy of the video is shorter than the video');
        done += count;
      }
      return data;
    },
    dispose: () => {
      isOpen = false;
      closeSync(descriptor);
    },
  });
}
