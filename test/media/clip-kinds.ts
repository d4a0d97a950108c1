/** The kinds of clips sampling is held against: container x codec x groups of pictures x times. */
import { type CountedSource, hasEncoder, makeCountedClip } from './counted-clip.ts';

/** A kind of clip and how to make one. */
export interface ClipKind {
  readonly name: string;
  readonly file: string;
  readonly frameRate?: string;
  /** Which pictures are kept: ffmpeg's expression over n, and the same in our words. */
  readonly keep?: readonly [expression: string, holds: (n: number) => boolean];
  /** Encoder and its options. */
  readonly encoding: string;
  /** How a sample every 480 ms is best decoded; `groups` unless told otherwise. */
  readonly plan?: 'all';
}

const X264 = '-c:v libx264 -preset ultrafast -g 24 -sc_threshold 0';

export const CLIP_KINDS: readonly ClipKind[] = [
  { name: 'MP4', file: 'plain.mp4', encoding: `${X264} -bf 2` },
  {
    name: 'MP4 without B-frames at 30000/1001',
    file: 'ntsc.mp4',
    frameRate: '30000/1001',
    encoding: `${X264} -bf 0`,
  },
  {
    name: 'fragmented MP4',
    file: 'fragmented.mp4',
    encoding: `${X264} -bf 2 -movflags frag_keyframe+empty_moov`,
  },
  {
    name: 'MOV with open groups of pictures',

    file: 'open.mov',
    encoding: `${X264} -bf 5 -x264-params open-gop=1:b-pyramid=2`,
  },
  { name: 'Matroska', file: 'plain.mkv', encoding: `${X264} -bf 2` },
  {
    name: 'transport stream that starts late',
    file: 'late.ts',
    encoding: `${X264} -bf 2 -output_ts_offset 7`,
  },
  { name: 'MP4 that starts late', file: 'late.mp4', encoding: `${X264} -bf 2 -output_ts_offset 3` },
  {
    name: 'MP4 with a variable frame rate',
    file: 'vfr.mp4',
    keep: ['gt(mod(n,5),1)+lt(n,20)', (n) => n % 5 > 1 || n < 20],
    encoding: `${X264} -bf 2`,
  },
  {
    name: 'Matroska with long gaps',
    file: 'gaps.mkv',
    keep: ['lt(mod(n,41),3)', (n) => n % 41 < 3],
    encoding: `${X264} -bf 2`,
  },
  { name: 'AVI', file: 'plain.avi', plan: 'all', encoding: '-c:v mpeg4 -q:v 2' },
  {
    name: 'WebM with VP9 and hidden pictures',
    file: 'vp9.webm',
    encoding: '-c:v libvpx-vp9 -deadline realtime -cpu-used 8 -auto-alt-ref 1 -lag-in-frames 10 -g 30',
  },
  {
    name: 'WebM with VP8',
    file: 'vp8.webm',
    encoding: '-c:v libvpx -deadline realtime -cpu-used 8 -b:v 500k -g 30',
  },
  {
    name: 'MP4 with HEVC',
    file: 'hevc.mp4',
    encoding: '-c:v libx265 -preset ultrafast -x265-params log-level=none:bframes=3:keyint=25:open-gop=0',
  },
];

/** Whether the ffmpeg at hand can make this kind. */
export function canMake({ encoding }: ClipKind): boolean {
  return hasEncoder(encoding.split(' ')[1] ?? '');
}

export function makeClip(kind: ClipKind, file: string, frames: number): void {
  const source: CountedSource = {
    frameRate: kind.frameRate ?? '30',
    frames,
    ...(kind.keep === undefined ? {} : { keep: kind.keep[0] }),
  };
  makeCountedClip(file, source, kind.encoding.split(' '));
}

/** Pictures a second as a number. */
export function frameRateOf({ frameRate = '30' }: ClipKind): number {
  const [numerator, denominator = '1'] = frameRate.split('/');
  return Number(numerator) / Number(denominator);
}
