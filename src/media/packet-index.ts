/** Lists the packets of a file's video stream without decoding any: ffmpeg demultiplexes, and its `framecrc` output says each one's times. */

import { WorkerError } from '../errors.ts';
import type { ProcessExit } from './confined-process.ts';
import { runFfmpeg } from './ffmpeg-process.ts';
import { COMMON_OPTIONS, inputOptions, MAP_VIDEO, ONLY_COMPLAINTS } from './input-options.ts';
import { createLineSplitter } from './line-splitter.ts';
import { KEY_FLAG, type PacketColumns, PacketList } from './packet-columns.ts';
import type { TimeBase } from './timeline.ts';
import { maxPicturesOf, type VideoLimits } from './video-limits.ts';

/** The packets as ffmpeg lists them. */
export interface PacketIndex extends PacketColumns {
  /** How the demultiplexer ended and what it complained of. */
  readonly exit: ProcessExit;
}

const TIME_BASE_LINE = /^#tb 0: (\d+)\/(\d+)/;
/** `stream, dts, pts, duration, size, checksum[, F=0xflags][, side data]`; flags are left out for a plain keyframe. */
const PACKET_LINE = /^0, *-?\d+, *(-?\d+), *(\d+), *(\d+), 0x[0-9a-f]+(?:, F=0x([0-9A-F]+))?/;
/** AV_NOPTS_VALUE, the smallest 64-bit integer. */
const NO_TIME = '-9223372036854775808';

/**
 * Reads the whole file once, at the speed of the disk.
 * @param file absolute path
 * @throws WorkerError VIDEO_TOO_LONG when it lists more packets than `maxPicturesOf` allows
 */
export async function readPacketIndex(
  file: string,
  { ffmpeg, limits }: { readonly ffmpeg: string; readonly limits: VideoLimits },
  signal: AbortSignal,
): Promise<PacketIndex> {
  const maxPackets = maxPicturesOf(limits);
  let timeBase: TimeBase = { numerator: 1, denominator: 1000 };
  const packets = new PacketList();

  const lines = createLineSplitter((line) => {
    const packet = PACKET_LINE.exec(line);
    if (packet === null) {
      const base = TIME_BASE_LINE.exec(line);
      if (base !== null) timeBase = { numerator: Number(base[1]), denominator: Number(base[2]) };
      return;
    }
    if (packets.length >= maxPackets) {
      throw new WorkerError(
        'VIDEO_TOO_LONG',
        `the video lists more than ${maxPackets} pictures: cut it into shorter files or raise MAX_VIDEO_SECONDS`,
      );
    }
    packets.push({
      ptsTicks: packet[1] === NO_TIME ? Number.NaN : Number(packet[1]),
      durationTicks: Number(packet[2]),
      bytes: Number(packet[3]),
      flags: packet[4] === undefined ? KEY_FLAG : Number.parseInt(packet[4], 16),
    });
  });

  const args = [
    ...COMMON_OPTIONS,
    ...ONLY_COMPLAINTS,
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
  return { ...packets.columns(timeBase), exit };
}
