/** Lists the packets of an MP4's video from its index alone, as ffmpeg lists them once it has read the whole file. */
import { open } from 'node:fs/promises';
import type { ReadBytes } from '../byte-ranges.ts';
import { describesPicturesOnce, type Mp4Track, playsSeveralParts, readMp4Index } from './mp4-index.ts';
import { findFirstMoov, findMp4Index } from './mp4-layout.ts';
import { DISCARD_FLAG, KEY_FLAG, type PacketColumns, PacketList, shownPackets } from './packet-columns.ts';
import type { ShownPicture } from './shown-picture.ts';
import { ticksPerSecond } from './timeline.ts';

/** Codecs by the codes of their sample entries, with ffmpeg's names. */
const CODECS: Readonly<Record<string, string>> = {
  avc1: 'h264',
  avc3: 'h264',
  hvc1: 'hevc',
  hev1: 'hevc',
  vp08: 'vp8',
  vp09: 'vp9',
  av01: 'av1',
};

/** Of these, the codecs whose packets tell by their own bits, when they are read, whether decoding can begin there. */
const CODECS_WITH_ENTRY_POINTS: ReadonlySet<string> = new Set(['h264', 'hevc']);

/** ffmpeg's name of a track's codec; the code itself where it is none of the usual. */
export function codecOf({ format }: Mp4Track): string {
  return CODECS[format] ?? format;
}

/** Whether a plan may trust the keyframes that an index names: each is held against its own bits when it is read. */
export function keyframesProveThemselves(codec: string): boolean {
  return CODECS_WITH_ENTRY_POINTS.has(codec);
}

/**
 * The one track of pictures, where its index alone tells what is shown: all of it, from a keyframe on. Pictures shown before the first
 * keyframe may need others that were cut off, which only a decoder can tell.
 * @param maxPictures longer tracks are not looked at
 */
export function videoTrackOf(tracks: readonly Mp4Track[], maxPictures: number): Mp4Track | null {
  const [track, ...others] = tracks.filter(({ handler }) => handler === 'vide');
  if (track === undefined || others.length > 0 || track.sampleCount > maxPictures) return null;
  let pictures = 0;
  let firstTicks = Number.NEGATIVE_INFINITY;
  for (const { ptsTicks, isKey } of track.samples()) {
    if (pictures === 0) firstTicks = ptsTicks;
    if ((pictures === 0 && !isKey) || ptsTicks >= track.shownUntilTicks) return null;
    if (ptsTicks < firstTicks && ptsTicks >= track.shownFromTicks) return null;
    pictures++;
  }
  return pictures === 0 || pictures !== track.sampleCount ? null : track;
}

/** The packets in the track's own time, which need not begin where ffmpeg's does. */
export function packetColumnsOf(track: Mp4Track): PacketColumns {
  const packets = new PacketList();
  for (const { ptsTicks, durationTicks, start, end, isKey } of track.samples()) {
    const isHidden = ptsTicks < track.shownFromTicks;
    const flags = (isKey ? KEY_FLAG : 0) | (isHidden ? DISCARD_FLAG : 0);
    packets.push({ ptsTicks, durationTicks, bytes: end - start, flags });
  }
  return packets.columns({ numerator: 1, denominator: track.ticksPerSecond });
}

/** When the first picture is shown; infinity where none is. */
export function firstShownTicks(columns: PacketColumns): number {
  let first = Number.POSITIVE_INFINITY;
  for (const { ptsTicks } of shownPackets(columns)) first = Math.min(first, ptsTicks);
  return first;
}

/** What is known of the video, and what is too much. */
export interface ListedVideo {
  /** By ffmpeg's name. */
  readonly codec: string;
  /** The first picture that is shown, as ffmpeg times it. */
  readonly first: ShownPicture;
  readonly maxPackets: number;
}

/**
 * The packets in ffmpeg's time. Lists a film of hours within milliseconds; ffmpeg would read the whole file.
 * @param file absolute path
 * @returns null where ffmpeg has to be asked: for fragments, several tracks of pictures or edits, a file that is cut off, tables that
 * contradict each other, other codecs
 */
export async function readMp4PacketIndex(
  file: string,
  { codec, first, maxPackets }: ListedVideo,
): Promise<PacketColumns | null> {
  if (!keyframesProveThemselves(codec)) return null;
  const track = await readMp4Track(file, maxPackets);
  if (track === null || codecOf(track) !== codec) return null;
  if (track.ticksPerSecond !== ticksPerSecond(first.timeBase)) return null;
  return inTimeOf(first, packetColumnsOf(track));
}

/**
 * The one track of pictures of a whole file, or of one whose missing parts are holes. All its samples were walked through once.
 * @param file absolute path
 * @param maxPictures longer tracks are not looked at
 */
export async function readMp4Track(file: string, maxPictures: number): Promise<Mp4Track | null> {
  return await withReader(file, async (size, read) => {
    const moov = await findMp4Index(size, read);
    const track = videoTrackOf((moov === null ? null : readMp4Index(moov)) ?? [], maxPictures);
    return track === null || isCutOff(track, size) ? null : track;
  });
}

/** Whether the pictures of an MP4, be it one of fragments, are told once how they are coded: see `describesPicturesOnce`. */
export async function hasOneDescription(file: string): Promise<boolean> {
  return await isSaidByFirstMoov(file, describesPicturesOnce);
}

/** Whether the pictures of an MP4 are those of several edits: see `playsSeveralParts`. */
export async function hasSeveralEdits(file: string): Promise<boolean> {
  return await isSaidByFirstMoov(file, playsSeveralParts);
}

async function isSaidByFirstMoov(file: string, says: (moov: Uint8Array) => boolean): Promise<boolean> {
  const isSaid = await withReader(file, async (size, read) => {
    const moov = await findFirstMoov(size, read);
    return moov !== null && says(moov);
  });
  return isSaid === true;
}

/** @returns null where tables are shorter than they say */
async function withReader<T>(
  file: string,
  use: (fileBytes: number, read: ReadBytes) => Promise<T>,
): Promise<T | null> {
  const handle = await open(file);
  try {
    const { size } = await handle.stat();
    return await use(size, async ({ start, end }) => {
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(end - start), 0, end - start, start);
      return buffer.subarray(0, bytesRead);
    });
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  } finally {
    await handle.close();
  }
}

function isCutOff(track: Mp4Track, fileBytes: number): boolean {
  for (const { end } of track.samples()) if (end > fileBytes) return true;
  return false;
}

/** ffmpeg counts from where the first of all streams begins; both speak of the same first picture. */
function inTimeOf(first: ShownPicture, columns: PacketColumns): PacketColumns {
  const shift = first.ptsTicks - firstShownTicks(columns);
  return { ...columns, ptsTicks: columns.ptsTicks.map((ticks) => ticks + shift) };
}
