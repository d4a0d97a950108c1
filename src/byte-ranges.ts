/** Stretches of a file by their bytes: which are wanted, which are there, and what it costs to fetch them one by one. */

/** The bytes from `start` up to, not including, `end`. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/** Reads a stretch of a file, wherever that lies. */
export type ReadBytes = (range: ByteRange) => Promise<Uint8Array>;

/**
 * What a request costs besides its bytes, as so many bytes. Of eight requests side by side, each waiting some 30 ms for S3, 270 are
 * answered in a second; without the waiting, the same eight bring some 70 MB.
 */
export const REQUEST_COST_BYTES = 256 * 1024;

/**
 * The same bytes as ascending ranges that neither overlap nor touch.
 * @param maxGap gaps of up to so many bytes are closed
 */
export function joinedRanges(ranges: Iterable<ByteRange>, maxGap = 0): ByteRange[] {
  const joined: Array<{ start: number; end: number }> = [];
  for (const { start, end } of [...ranges].sort((a, b) => a.start - b.start)) {
    const previous = joined.at(-1);
    if (previous !== undefined && start <= previous.end + maxGap) previous.end = Math.max(previous.end, end);
    else if (start < end) joined.push({ start, end });
  }
  return joined;
}

/** Whether all bytes of the range are among those of `joined` ranges. */
export function isWithin(joined: readonly ByteRange[], { start, end }: ByteRange): boolean {
  const range = joined[firstEndingAfter(joined, start)];
  return range !== undefined && range.start <= start && end <= range.end;
}

/** The index of the first of `joined` ranges that ends after the position; their number where none does. */
export function firstEndingAfter(joined: readonly ByteRange[], position: number): number {
  return firstIndex(joined.length, (i) => (joined[i]?.end ?? 0) > position);
}

/** The first of so many indices that passes, where all after it do as well; their number where none does. A binary search. */
export function firstIndex(length: number, passes: (index: number) => boolean): number {
  let low = 0;
  let high = length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (passes(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** What lies between the ranges, from the start of the file to its end. */
export function gapsBetween(joined: readonly ByteRange[], fileBytes: number): ByteRange[] {
  const starts = [0, ...joined.map(({ end }) => end)];
  const ends = [...joined.map(({ start }) => start), fileBytes];
  return starts
    .map((start, i) => ({ start, end: ends[i] ?? fileBytes }))
    .filter(({ start, end }) => start < end);
}

/** What of the range lies in the others, in their order. */
export function overlaps(range: ByteRange, others: readonly ByteRange[]): ByteRange[] {
  return others
    .map(({ start, end }) => ({ start: Math.max(start, range.start), end: Math.min(end, range.end) }))
    .filter(({ start, end }) => start < end);
}

export function countBytes(ranges: readonly ByteRange[]): number {
  return ranges.reduce((sum, { start, end }) => sum + end - start, 0);
}
