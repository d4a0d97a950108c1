/** Which parts of a file have come while another thread reads it already; the flags lie in memory both share. */
import { type ByteRange, firstEndingAfter } from './byte-ranges.ts';

/** Crosses between threads as it is. */
export interface Arrivals {
  /** What is still to come when the file is handed out, ascending and apart from each other. */
  readonly parts: readonly ByteRange[];
  /** One for each part. */
  readonly flags: Int32Array<SharedArrayBuffer>;
}

const COMING = 0;
const HERE = 1;
const LOST = 2;

export function expectArrivals(parts: readonly ByteRange[]): Arrivals {
  return { parts, flags: new Int32Array(new SharedArrayBuffer(4 * parts.length)) };
}

/** The part that begins there has come. */
export function markArrived({ parts, flags }: Arrivals, { start }: ByteRange): void {
  settle(flags, firstEndingAfter(parts, start), HERE);
}

/** What has not come will not: nobody is to wait for it. */
export function loseTheRest({ flags }: Arrivals): void {
  for (const index of flags.keys()) settle(flags, index, LOST);
}

/** Waits, without holding the thread, until all parts that the range touches have come; false when one of them will not. */
export async function untilArrived({ parts, flags }: Arrivals, { start, end }: ByteRange): Promise<boolean> {
  for (let index = firstEndingAfter(parts, start); (parts[index]?.start ?? end) < end; index++) {
    await Atomics.waitAsync(flags, index, COMING).value;
    if (Atomics.load(flags, index) !== HERE) return false;
  }
  return true;
}

function settle(flags: Int32Array<SharedArrayBuffer>, index: number, state: number): void {
  if (Atomics.compareExchange(flags, index, COMING, state) === COMING) Atomics.notify(flags, index);
}
