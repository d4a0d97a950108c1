/** Reads where each sample of an MP4 lies, and when it is shown, from the tables of its track (ISO/IEC 14496-12, 8.6 and 8.7). */
import type { ByteRange } from '../byte-ranges.ts';
import { findBox, type Mp4Box } from './mp4-boxes.ts';

/** One sample of a track: a picture's packet, a piece of sound. Times in the track's ticks. */
export interface Mp4Sample extends ByteRange {
  /** When it is decoded, counted from the first. */
  readonly dtsTicks: number;
  /** When it is shown, on the same clock. */
  readonly ptsTicks: number;
  /** For how long; 0 where the index only tells how long decoding may take, as of pictures that are decoded in another order. */
  readonly durationTicks: number;
  readonly isKey: boolean;
}

/** The tables of a track that is read; all but `ctts` and `stss` are there. */
export interface SampleTables {
  readonly sampleCount: number;
  readonly stts: Mp4Box;
  readonly ctts: Mp4Box | null;
  readonly stss: Mp4Box | null;
  readonly stsc: Mp4Box;
  readonly stsz: Mp4Box;
  readonly chunks: Mp4Box;
}

/** @returns null where one that is needed is missing, or they speak of different numbers of samples */
export function readSampleTables(view: DataView, stbl: Mp4Box): SampleTables | null {
  const table = (type: string) => findBox(view, stbl, type);
  const [stts, stsc, stsz, chunks] = [
    table('stts'),
    table('stsc'),
    table('stsz'),
    table('stco') ?? table('co64'),
  ];
  if (stts === null || stsc === null || stsz === null || chunks === null) return null;
  const sampleCount = view.getUint32(stsz.contentStart + 8);
  const ctts = table('ctts');
  const isTimed = [stts, ctts].every((times) => times === null || samplesIn(view, times) === sampleCount);
  if (!isTimed) return null;
  return { sampleCount, stts, ctts, stss: table('stss'), stsc, stsz, chunks };
}

/**
 * Goes through all tables side by side, in file order.
 * @throws RangeError for a table that is shorter than it says
 */
export function* walkSamples(view: DataView, tables: SampleTables): Generator<Mp4Sample, void> {
  const { sampleCount, stts, ctts, stss, stsc, stsz, chunks } = tables;
  const equalSize = view.getUint32(stsz.contentStart + 4);
  const durations = runs(view, stts, (at) => view.getUint32(at));
  // Version 0 has no sign by the letter; ffmpeg and all who write negative ones see one.
  const shifts = ctts === null ? null : runs(view, ctts, (at) => view.getInt32(at));
  const keys = stss === null ? null : keyNumbers(view, stss);
  let nextKey = keys?.next().value ?? null;
  let dtsTicks = 0;
  let sample = 0;
  for (const { offset, samples } of chunkRuns(view, stsc, chunks)) {
    let start = offset;
    for (let i = 0; i < samples && sample < sampleCount; i++, sample++) {
      const size = equalSize === 0 ? view.getUint32(stsz.contentStart + 12 + 4 * sample) : equalSize;
      const isKey = keys === null || nextKey === sample + 1;
      if (isKey && keys !== null) nextKey = keys.next().value ?? null;
      const ptsTicks = dtsTicks + (shifts?.next().value ?? 0);
      const untilNextTicks = durations.next().value ?? 0;
      const durationTicks = shifts === null ? untilNextTicks : 0;
      yield { start, end: start + size, dtsTicks, ptsTicks, durationTicks, isKey };
      start += size;
      dtsTicks += untilNextTicks;
    }
  }
}

/** A table of counts and values, one value for each sample. */
function* runs(view: DataView, box: Mp4Box, read: (at: number) => number): Generator<number, void> {
  for (const at of entries(view, box, 8)) {
    const value = read(at + 4);
    for (let left = view.getUint32(at); left > 0; left--) yield value;
  }
}

/** How many samples a table of counts and values speaks of. */
function samplesIn(view: DataView, box: Mp4Box): number {
  let samples = 0;
  for (const at of entries(view, box, 8)) samples += view.getUint32(at);
  return samples;
}

/** Numbers of the keyframes, from 1. */
function* keyNumbers(view: DataView, stss: Mp4Box): Generator<number, void> {
  for (const at of entries(view, stss, 4)) yield view.getUint32(at);
}

/** Where each chunk begins and how many samples it holds. */
function* chunkRuns(
  view: DataView,
  stsc: Mp4Box,
  chunks: Mp4Box,
): Generator<{ offset: number; samples: number }, void> {
  const isWide = chunks.type === 'co64';
  const runStarts = [...entries(view, stsc, 12)];
  if (runStarts.length === 0) return;
  let run = 0;
  let chunk = 1;
  for (const at of entries(view, chunks, isWide ? 8 : 4)) {
    const next = runStarts[run + 1];
    if (next !== undefined && view.getUint32(next) <= chunk) run++;
    const samples = view.getUint32((runStarts[run] ?? 0) + 4);
    yield { offset: isWide ? Number(view.getBigUint64(at)) : view.getUint32(at), samples };
    chunk++;
  }
}

/** Where the entries of a table begin: after version, flags and a count. */
function* entries(view: DataView, { contentStart, end }: Mp4Box, bytes: number): Generator<number, void> {
  const count = view.getUint32(contentStart + 4);
  for (let at = contentStart + 8, entry = 0; entry < count; entry++, at += bytes) {
    if (at + bytes > end) throw new RangeError('a table ends before its last entry');
    yield at;
  }
}

/** How long most samples last, in ticks. */
export function usualDuration(view: DataView, { stts }: SampleTables): number {
  const counts = new Map<number, number>();
  for (const at of entries(view, stts, 8)) {
    const duration = view.getUint32(at + 4);
    counts.set(duration, (counts.get(duration) ?? 0) + view.getUint32(at));
  }
  const [usual] = [...counts].sort((a, b) => b[1] - a[1]);
  return usual?.[0] ?? 0;
}
