/** Makes damaged and malicious variants of a video: every prefix in steps, single flipped bytes, random bytes. Seeded, so that a failure can be seen again. */
import { seededRandom } from '../tools/seeded-random.ts';

/** One file and what was done to it. */
export interface HostileFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** `count` prefixes of the file, from nothing to nearly all of it, in equal steps. */
export function* prefixes(original: HostileFile, count: number): Generator<HostileFile, void> {
  for (let i = 0; i < count; i++) {
    const length = Math.floor((i * original.bytes.length) / count);
    yield { name: `${original.name}, first ${length} bytes`, bytes: original.bytes.subarray(0, length) };
  }
}

/** `count` copies with one byte changed, half of them within the first and last kilobytes, where headers and indexes lie. */
export function* flips(original: HostileFile, count: number, seed: number): Generator<HostileFile, void> {
  const random = seededRandom(seed);
  const { length } = original.bytes;
  for (let i = 0; i < count; i++) {
    const near = Math.floor(random() * Math.min(2048, length));
    const anywhere = Math.floor(random() * length);
    const offset = [anywhere, near, anywhere, length - 1 - near][i % 4] ?? 0;
    const bytes = Uint8Array.from(original.bytes);
    bytes[offset] = (bytes[offset] ?? 0) ^ (1 + Math.floor(random() * 255));
    yield { name: `${original.name}, byte ${offset} is ${bytes[offset]}`, bytes };
  }
}

/** `count` files of random bytes, every other one behind the original's first bytes. */
export function* noise(original: HostileFile, count: number, seed: number): Generator<HostileFile, void> {
  const random = seededRandom(seed);
  for (let i = 0; i < count; i++) {
    const bytes = Uint8Array.from({ length: 4096 }, () => Math.floor(random() * 256));
    if (i % 2 === 1) bytes.set(original.bytes.subarray(0, 64));
    yield { name: `noise ${i}${i % 2 === 1 ? ` that begins like ${original.name}` : ''}`, bytes };
  }
}
