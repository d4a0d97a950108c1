/** Lets the in-process reader see a file of which only parts are there: a byte that was not fetched is never given out as a zero. */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { CustomSource } from 'mediabunny';
import { type ByteRange, isWithin } from '../byte-ranges.ts';

/**
 * @param file absolute path; it has the size of the whole
 * @param parts what is there: ascending and apart from each other
 * @returns a source whose reads fail with a RangeError beyond the parts
 */
export function partialFileSource(file: string, parts: readonly ByteRange[]): CustomSource {
  const descriptor = openSync(file, 'r');
  return new CustomSource({
    getSize: () => fstatSync(descriptor).size,
    read: (start, end) => {
      if (!isWithin(parts, { start, end })) {
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
    dispose: () => closeSync(descriptor),
  });
}
