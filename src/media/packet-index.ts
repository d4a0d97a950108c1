/** Lists the packets of a file's video stream without decoding any: ffmpeg demultiplexes, and its `framecrc` output says each one's times. */

import { WorkerError } from '../errors.ts';
import { type FfmpegExit, runFfmpeg } from './ffmpeg-process.ts';
import { COMMON_OPTIONS, inputOptions, MAP_VIDEO } from './input-options.ts';
import { createLineSplitter } from './line-splitter.ts';
import type { Presentation, TimeBase } from './timeline.ts';
import type { VideoLimits } from './video-limits.ts';

/** The packets of a video stream in file order, one entry of each column for each. */
export interface PacketColumns {
  readonly timeBase: TimeBase;
  /** Presentation time; NaN where the container leaves it to the decoder to guess (AVI, MPEG program streams). */
  readonly ptsTicks: readonly number[];
  /** 0 where the container does not say. */
  readonly durationTicks: readonly number[];
  readonly bytes: readonly number[];
  /** AV_PKT_FLAG_KEY and AV_PKT_FLAG_DISCARD. */
  readonly flags: readonly number[];
}

/** The packets as ffmpeg lists them. */
export interface PacketIndex extends PacketColumns {
  /** How the demultiplexer ended and what it complained of. */
  readonly exit: FfmpegExit;
}

/** AV_PKT_FLAG_KEY: decoding can begin here. */
export const KEY_FLAG = 0x1;
/** AV_PKT_FLAG_DISCARD: decoded if need be, never shown; how an edit list's leading pictures are marked. */
export const DISCARD_FLAG = 0x4;

/** More pictures a second than any camera for `maxDurationMs`: a longer list is an attack on our memory. */
const MAX_PACKETS_PER_SECOND = 480;

const TIME_BASE_LINE = /^#tb 0: (\d+)\/(\d+)/;
/** `stream, dts, pts, duration, size, checksum[, F=0xflags][, side data]`; flags are left out for a plain keyframe. */
const PACKET_LINE = /^0, *-?\d+, *(-?\d+), *(\d+), *(\d+), 0x[0-9a-f]+(?:, F=0x([0-9A-F]+))?/;
/** AV_NOPTS_VALUE, the smallest 64-bit integer. */
const NO_TIME = '-9223372036854775808';

/**
 * Reads the whole file once, at the speed of the disk.
 * @param file absolute path
 * @throws WorkerError VIDEO_TOO_LONG when it lists more packets than `maxDurationMs` can hold
 */
export async function readPacketIndex(
  file: string,
  { ffmpeg, limits }: { readonly ffmpeg: string; readonly limits: VideoLimits },
  signal: AbortSignal,
): Promise<PacketIndex> {
  const maxPackets = maxPacketsOf(limits);
  let timeBase: TimeBase = { numerator: 1, denominator: 1000 };
  const ptsTicks: number[] = [];
  const durationTicks: number[] = [];
  const bytes: number[] = [];
  const flags: number[] = [];

  const lines = createLineSplitter((line) => {
    const packet = PACKET_LINE.exec(line);
    if (packet === null) {
      const base = TIME_BASE_LINE.exec(line);
      if (base !== null) timeBase = { numerator: Number(base[1]), denominator: Number(base[2]) };
      return;
    }
    if (ptsTicks.length >= maxPackets) {
      throw new WorkerError(
        'VIDEO_TOO_LONG',
        `the video lists more than ${maxPackets} pictures: cut it into shorter files`,
      );
    }
    ptsTicks.push(packet[1] === NO_TIME ? Number.NaN : Number(packet[1]));
    durationTicks.push(Number(packet[2]));
    bytes.push(Number(packet[3]));
    flags.push(packet[4] === undefined ? KEY_FLAG : Number.parseInt(packet[4], 16));
  });

  const args = [
    ...COMMON_OPTIONS,
    ...inputOptions(file, limits.maxPixels),
    ...MAP_VIDEO,
    // Streams that start between keyframes are listed from their first packet on; the decoder decides what can be shown.
    '-copyinkf',
    '-c',
    'copy',
    '-f',
    'framecrc',
    'pipe:1',
  ];
  const exit = await runFfmpeg({ ffmpeg, args }, (chunk) => lines.push(chunk), signal);
  lines.end();
  return { timeBase, ptsTicks, durationTicks, bytes, flags, exit };
}

/** How many packets a video may list. */
export function maxPacketsOf({ maxDurationMs }: Pick<VideoLimits, 'maxDurationMs'>): number {
  return (maxDurationMs / 1000) * MAX_PACKETS_PER_SECOND;
}

/** The packets that are shown and have a time. */
export function* shownPackets({
  ptsTicks,
  durationTicks,
  flags,
}: PacketColumns): Generator<Presentation, void> {
  for (const [packet, pts] of ptsTicks.entries()) {
    if (Number.isNaN(pts) || ((flags[packet] ?? 0) & DISCARD_FLAG) !== 0) continue;
    yield { ptsTicks: pts, durationTicks: durationTicks[packet] ?? 0 };
  }
}
