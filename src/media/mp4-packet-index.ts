/** Lists the packets of an MP4's video from its index alone, as ffmpeg lists them once it has read the whole file. */
import { open } from 'node:fs/promises';
import { type Mp4Track, readMp4Index } from './mp4-index.ts';
import { findMp4Index, type ReadBytes } from './mp4-layout.ts';
import { DISCARD_FLAG, KEY_FLAG, type PacketColumns } from './packet-index.ts';
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

/** Of these, the codecs whose packets prove by their own bits that they are keyframes, when they are read. */
const CODECS_WITH_ENTRY_POINTS: ReadonlySet<string> = new Set(['h264', 'hevc']);

/** ffmpeg's name of a track's codec; the code itself where it is none of the usual. */
export function codecOf({ format }: Mp4Track): string {
  return CODECS[format] ?? format;
}

/** Whether a plan may be made from the keyframes that an index names, before their packets are there. */
export function proveKeyframes(codec: string): boolean {
  return CODECS_WITH_ENTRY_POINTS.has(codec);
}

/** The packets in the track's own time, which need not begin where ffmpeg's does. */
export function packetColumnsOf(track: Mp4Track): PacketColumns {
  const ptsTicks: number[] = [];
  const durationTicks: number[] = [];
  const bytes: number[] = [];
  const flags: number[] = [];
  for (const sample of track.samples()) {
    ptsTicks.push(sample.ptsTicks);
    durationTicks.push(sample.durationTicks);
    bytes.push(sample.end - sample.start);
    flags.push((sample.isKey ? KEY_FLAG : 0) | (sample.ptsTicks < track.shownFromTicks ? DISCARD_FLAG : 0));
  }
  return {
    timeBase: { numerator: 1, denominator: track.ticksPerSecond },
    ptsTicks,
    durationTicks,
    bytes,
    flags,
  };
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
 * The packets in ffmpeg's time. A film of hours is listed in milliseconds, where ffmpeg reads all of it.
 * @param file absolute path
 * @returns null where ffmpeg has to be asked: for fragments, several pictures' tracks or edits, a file that is cut off, other codecs
 */
export async function readMp4PacketIndex(
  file: string,
  { codec, first, maxPackets }: ListedVideo,
): Promise<PacketColumns | null> {
  if (!proveKeyframes(codec)) return null;
  const handle = await open(file);
  try {
    const { size } = await handle.stat();
    const read: ReadBytes = async ({ start, end }) => {
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(end - start), 0, end - start, start);
      return buffer.subarray(0, bytesRead);
    };
    const moov = await findMp4Index(size, read);
    const pictures = (moov === null ? null : readMp4Index(moov))?.filter(({ handler }) => handler === 'vide');
    const [track] = pictures ?? [];
    if (track === undefined || pictures?.length !== 1 || track.sampleCount > maxPackets) return null;
    const isAsShown = codecOf(track) === codec && track.ticksPerSecond === ticksPerSecond(first.timeBase);
    return isAsShown && isWhole(track, size) ? inTimeOf(first, packetColumnsOf(track), track) : null;
  } finally {
    await handle.close();
  }
}

/** Whether the track begins with a keyframe, lies within the file and is shown to its end. */
function isWhole(track: Mp4Track, fileBytes: number): boolean {
  let isFirst = true;
  for (const { end, ptsTicks, isKey } of track.samples()) {
    if ((isFirst && !isKey) || end > fileBytes || ptsTicks >= track.shownUntilTicks) return false;
    isFirst = false;
  }
  return !isFirst;
}

/** ffmpeg counts from where the first of all streams begins; both speak of the same first picture. */
function inTimeOf(first: ShownPicture, columns: PacketColumns, { shownFromTicks }: Mp4Track): PacketColumns {
  let firstTicks = Number.POSITIVE_INFINITY;
  for (const ticks of columns.ptsTicks) if (ticks >= shownFromTicks) firstTicks = Math.min(firstTicks, ticks);
  const shift = first.ptsTicks - firstTicks;
  return { ...columns, ptsTicks: columns.ptsTicks.map((ticks) => ticks + shift) };
}
