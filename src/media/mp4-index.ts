/** Reads where each sample of an MP4 lies from its index, the `moov` box (ISO/IEC 14496-12, 8.2 to 8.7): pure, no sample is read. */
import type { ByteRange } from '../byte-ranges.ts';
import { boxAt, boxesIn, findBox, type Mp4Box } from './mp4-boxes.ts';

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

export interface Mp4Track {
  /** `vide`, `soun`, `text`, ... */
  readonly handler: string;
  /** Four-character code of the first sample entry: avc1, hvc1, mp4a, ... */
  readonly format: string;
  /** Size of the stored picture in pixels; 0 where the track has none. */
  readonly width: number;
  readonly height: number;
  readonly ticksPerSecond: number;
  /** By the edit list, what comes before is not shown. */
  readonly shownFromTicks: number;
  /** Nor, where it says so, is what begins then or later; infinity where it does not. */
  readonly shownUntilTicks: number;
  readonly sampleCount: number;
  /** How long most samples last; what their rate is taken from. */
  readonly usualDurationTicks: number;
  /** In file order; reads the tables anew at each call, so that a long track costs no memory. */
  samples(): Generator<Mp4Sample, void>;
}

/**
 * The tracks, in file order.
 * @param moov the whole box, header included
 * @returns null for an index that does not stand in one place (fragments), or is not understood to the last byte
 */
export function readMp4Index(moov: Uint8Array): readonly Mp4Track[] | null {
  const view = new DataView(moov.buffer, moov.byteOffset, moov.byteLength);
  try {
    const root = boxAt(view, 0, view.byteLength);
    if (root?.type !== 'moov' || findBox(view, root, 'mvex') !== null) return null;
    const movieTicks = ticksPerSecondOf(view, findBox(view, root, 'mvhd'));
    const tracks = [...boxesIn(view, root)]
      .filter(({ type }) => type === 'trak')
      .map((box) => readTrack(view, box, movieTicks));
    return tracks.every((track) => track !== null) ? tracks : null;
  } catch (error) {
    // Tables that are shorter than they say.
    if (error instanceof RangeError) return null;
    throw error;
  }
}

/** @param movieTicks ticks in a second of the clock that edit lists count durations by */
function readTrack(view: DataView, trak: Mp4Box, movieTicks: number): Mp4Track | null {
  const mdhd = findBox(view, trak, 'mdia', 'mdhd');
  const hdlr = findBox(view, trak, 'mdia', 'hdlr');
  const stbl = findBox(view, trak, 'mdia', 'minf', 'stbl');
  const entry = stbl === null ? null : sampleEntry(view, stbl);
  const edit = readEdit(view, trak);
  if (mdhd === null || hdlr === null || stbl === null || entry === null || edit === null) return null;
  const tables = readTables(view, stbl);
  if (tables === null) return null;
  const ticksPerSecond = ticksPerSecondOf(view, mdhd);
  const handler = fourCharacters(view, hdlr.contentStart + 8);
  const isVideo = handler === 'vide';
  return {
    handler,
    format: entry.type,
    width: isVideo ? view.getUint16(entry.contentStart + 24) : 0,
    height: isVideo ? view.getUint16(entry.contentStart + 26) : 0,
    ticksPerSecond,
    shownFromTicks: edit.fromTicks,
    shownUntilTicks:
      edit.movieTicks === 0
        ? Number.POSITIVE_INFINITY
        : edit.fromTicks + (edit.movieTicks / movieTicks) * ticksPerSecond,
    sampleCount: tables.sampleCount,
    usualDurationTicks: usualDuration(view, tables.stts),
    samples: () => walkSamples(view, tables),
  };
}

/** `stsd` begins with version, flags and a count. */
function sampleEntry(view: DataView, stbl: Mp4Box): Mp4Box | null {
  const stsd = findBox(view, stbl, 'stsd');
  return stsd === null ? null : boxAt(view, stsd.contentStart + 8, stsd.end);
}

/** `mvhd` and `mdhd` begin with version, flags and two times. */
function ticksPerSecondOf(view: DataView, header: Mp4Box | null): number {
  return header === null ? 0 : view.getUint32(header.contentStart + (isVersion1(view, header) ? 20 : 12));
}

/**
 * Where the one edit of the track begins, in the track's ticks, and how long it is, in the movie's, 0 for to the end; null for lists of
 * several, which play parts or repeat them.
 */
function readEdit(view: DataView, trak: Mp4Box): { fromTicks: number; movieTicks: number } | null {
  let found = { fromTicks: 0, movieTicks: 0 };
  const elst = findBox(view, trak, 'edts', 'elst');
  if (elst === null) return found;
  const wide = isVersion1(view, elst);
  let edits = 0;
  for (let edit = 0; edit < view.getUint32(elst.contentStart + 4); edit++) {
    const at = elst.contentStart + 8 + edit * (wide ? 20 : 12);
    const fromTicks = wide ? Number(view.getBigInt64(at + 8)) : view.getInt32(at + 4);
    // An empty edit only delays what follows.
    if (fromTicks < 0) continue;
    if (++edits > 1) return null;
    found = { fromTicks, movieTicks: wide ? Number(view.getBigUint64(at)) : view.getUint32(at) };
  }
  return found;
}

/** The tables of a track that is read; all but `ctts` and `stss` are there. */
interface SampleTables {
  readonly sampleCount: number;
  readonly stts: Mp4Box;
  readonly ctts: Mp4Box | null;
  readonly stss: Mp4Box | null;
  readonly stsc: Mp4Box;
  readonly stsz: Mp4Box;
  readonly chunks: Mp4Box;
}

function readTables(view: DataView, stbl: Mp4Box): SampleTables | null {
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

/** Goes through all tables side by side. */
function* walkSamples(view: DataView, tables: SampleTables): Generator<Mp4Sample, void> {
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

function usualDuration(view: DataView, stts: Mp4Box): number {
  const counts = new Map<number, number>();
  for (const at of entries(view, stts, 8)) {
    const duration = view.getUint32(at + 4);
    counts.set(duration, (counts.get(duration) ?? 0) + view.getUint32(at));
  }
  const [usual] = [...counts].sort((a, b) => b[1] - a[1]);
  return usual?.[0] ?? 0;
}

function isVersion1(view: DataView, { contentStart }: Mp4Box): boolean {
  return view.getUint8(contentStart) === 1;
}

function fourCharacters(view: DataView, at: number): string {
  return String.fromCharCode(...[0, 1, 2, 3].map((i) => view.getUint8(at + i)));
}
