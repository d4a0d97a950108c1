/** Reads what an MP4 has in it from its index, the `moov` box (ISO/IEC 14496-12, 8.2 to 8.5): pure, no sample is read. */
import { boxAt, boxesIn, findBox, fourCharacters, type Mp4Box } from './mp4-boxes.ts';
import { type Mp4Sample, readSampleTables, usualDuration, walkSamples } from './mp4-samples.ts';

export interface Mp4Turn {
  /** Clockwise: 0, 90, 180 or 270. */
  readonly rotationDegrees: number;
  /** Whether the picture is mirrored on top of that. */
  readonly isMirrored: boolean;
}

export interface Mp4Track {
  /** `vide`, `soun`, `text`, ... */
  readonly handler: string;
  /** Four-character code of the first sample entry: avc1, hvc1, mp4a, ... */
  readonly format: string;
  /** Size of the stored picture in pixels; 0 where the track has none. */
  readonly width: number;
  readonly height: number;
  /** The codec's configuration record (`avcC`, `hvcC`); null where there is none. */
  readonly configuration: Uint8Array | null;
  /** How the picture is to be turned; null for other turns than quarters. */
  readonly turn: Mp4Turn | null;
  readonly ticksPerSecond: number;
  /** By the edit list, what comes before is not shown. */
  readonly shownFromTicks: number;
  /** Nor, where it says so, is what begins then or later, in whole ticks as ffmpeg rounds them; infinity where it does not. */
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
 * @returns null for an index that does not stand in one place (fragments), has pictures of several descriptions, or is not understood to
 * the last byte
 */
export function readMp4Index(moov: Uint8Array): readonly Mp4Track[] | null {
  const view = new DataView(moov.buffer, moov.byteOffset, moov.byteLength);
  try {
    const root = boxAt(view, 0, view.byteLength);
    if (root?.type !== 'moov' || findBox(view, root, 'mvex') !== null) return null;
    if (!hasOneDescription(view, root)) return null;
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

/**
 * Whether each track of pictures tells once how they are coded. A decoder that is fed single packets is told one description: of several,
 * pictures under another than the first would come out wrong.
 * @param moov the whole box, header included; also that of a file of fragments
 * @throws RangeError for tables that are shorter than they say
 */
export function describesPicturesOnce(moov: Uint8Array): boolean {
  const view = new DataView(moov.buffer, moov.byteOffset, moov.byteLength);
  const root = boxAt(view, 0, view.byteLength);
  return root?.type === 'moov' && hasOneDescription(view, root);
}

/**
 * Whether a track of pictures plays several parts of what it holds, or one of them again.
 * @param moov the whole box, header included
 * @throws RangeError for tables that are shorter than they say
 */
export function playsSeveralParts(moov: Uint8Array): boolean {
  const view = new DataView(moov.buffer, moov.byteOffset, moov.byteLength);
  const root = boxAt(view, 0, view.byteLength);
  return root?.type === 'moov' && videoTracks(view, root).some((trak) => readEdit(view, trak) === null);
}

/** The count of `stsd` stands after its version and flags. */
function hasOneDescription(view: DataView, root: Mp4Box): boolean {
  return videoTracks(view, root).every((trak) => {
    const stsd = findBox(view, trak, 'mdia', 'minf', 'stbl', 'stsd');
    return stsd === null || view.getUint32(stsd.contentStart + 4) === 1;
  });
}

function videoTracks(view: DataView, root: Mp4Box): Mp4Box[] {
  return [...boxesIn(view, root)].filter((box) => box.type === 'trak' && handlerOf(view, box) === 'vide');
}

/** What kind of track it is; '' where it does not tell. */
function handlerOf(view: DataView, trak: Mp4Box): string {
  const hdlr = findBox(view, trak, 'mdia', 'hdlr');
  return hdlr === null ? '' : fourCharacters(view, hdlr.contentStart + 8);
}

/** @param movieTicks ticks in a second of the clock that edit lists count durations by */
function readTrack(view: DataView, trak: Mp4Box, movieTicks: number): Mp4Track | null {
  const mdhd = findBox(view, trak, 'mdia', 'mdhd');
  const handler = handlerOf(view, trak);
  const stbl = findBox(view, trak, 'mdia', 'minf', 'stbl');
  const entry = stbl === null ? null : sampleEntry(view, stbl);
  const edit = readEdit(view, trak);
  if (mdhd === null || handler === '' || stbl === null || entry === null || edit === null) return null;
  const tables = readSampleTables(view, stbl);
  if (tables === null) return null;
  const ticksPerSecond = ticksPerSecondOf(view, mdhd);
  const isVideo = handler === 'vide';
  return {
    handler,
    format: entry.type,
    width: isVideo ? view.getUint16(entry.contentStart + 24) : 0,
    height: isVideo ? view.getUint16(entry.contentStart + 26) : 0,
    configuration: configurationOf(view, entry),
    turn: turnOf(view, findBox(view, trak, 'tkhd')),
    ticksPerSecond,
    shownFromTicks: edit.fromTicks,
    shownUntilTicks:
      edit.movieTicks === 0
        ? Number.POSITIVE_INFINITY
        : edit.fromTicks + Math.round((edit.movieTicks / movieTicks) * ticksPerSecond),
    sampleCount: tables.sampleCount,
    usualDurationTicks: usualDuration(view, tables),
    samples: () => walkSamples(view, tables),
  };
}

/** `stsd` begins with version, flags and a count. */
function sampleEntry(view: DataView, stbl: Mp4Box): Mp4Box | null {
  const stsd = findBox(view, stbl, 'stsd');
  return stsd === null ? null : boxAt(view, stsd.contentStart + 8, stsd.end);
}

/** A visual sample entry has 78 bytes of its own before the boxes in it. */
function configurationOf(view: DataView, { contentStart, end, type, start }: Mp4Box): Uint8Array | null {
  const inside = { type, start, contentStart: contentStart + 78, end };
  const box = findBox(view, inside, 'avcC') ?? findBox(view, inside, 'hvcC');
  if (box === null) return null;
  return new Uint8Array(view.buffer, view.byteOffset + box.contentStart, box.end - box.contentStart);
}

/** `tkhd` ends with a matrix (a b u, c d v, x y w) and the size. A pixel (x, y) is shown at (a x + c y, b x + d y). */
function turnOf(view: DataView, tkhd: Mp4Box | null): Mp4Turn | null {
  if (tkhd === null) return null;
  const matrix = tkhd.contentStart + (isVersion1(view, tkhd) ? 52 : 40);
  const [a, b, c, d] = [0, 4, 12, 16].map((at) => view.getInt32(matrix + at) / 65_536) as Matrix;
  const isQuarter = (b === 0 && c === 0 && a !== 0 && d !== 0) || (a === 0 && d === 0 && b !== 0 && c !== 0);
  if (!isQuarter) return null;
  const degrees = (Math.atan2(b, a) * 180) / Math.PI;
  return { rotationDegrees: (degrees + 360) % 360, isMirrored: a * d - b * c < 0 };
}

type Matrix = [a: number, b: number, c: number, d: number];

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

function isVersion1(view: DataView, { contentStart }: Mp4Box): boolean {
  return view.getUint8(contentStart) === 1;
}
