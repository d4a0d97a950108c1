/** The videos exactness is tried on: codec x container x groups of pictures x B-pictures x times x turns. */
import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';

/** One video and how to make it. */
export interface Variant {
  readonly name: string;
  readonly file: string;
  /** Video filter that changes the times, or nothing. */
  readonly times: string;
  readonly encoding: readonly string[];
  readonly container: readonly string[];
  /** Seconds cut off the start without encoding again, which leaves an edit list. */
  readonly cutSeconds: number;
}

const CODECS: ReadonlyArray<readonly [name: string, encoding: string]> = [
  ['h264 B3', '-c:v libx264 -preset veryfast -bf 3'],
  ['h264 B0', '-c:v libx264 -preset veryfast -bf 0'],
  ['h264 open', '-c:v libx264 -preset veryfast -bf 4 -x264-params open-gop=1:b-pyramid=2'],
  ['h264 refs', '-c:v libx264 -preset medium -bf 8 -refs 8 -x264-params b-pyramid=2:weightp=2'],
  ['h264 refresh', '-c:v libx264 -preset veryfast -bf 0 -x264-params intra-refresh=1'],
  ['h264 interlaced', '-c:v libx264 -preset veryfast -bf 2 -flags +ilme+ildct'],
  ['hevc', '-c:v libx265 -preset ultrafast -x265-params log-level=none:open-gop=0:bframes=4'],
  ['hevc open', '-c:v libx265 -preset ultrafast -x265-params log-level=none:open-gop=1:bframes=4'],
  ['vp9', '-c:v libvpx-vp9 -deadline realtime -cpu-used 8 -auto-alt-ref 1 -lag-in-frames 16 -b:v 400k'],
  ['av1', '-c:v libsvtav1 -preset 12'],
];
const CONTAINERS: ReadonlyArray<readonly [name: string, suffix: string, options: string]> = [
  ['mp4', 'mp4', ''],
  ['fragmented', 'mp4', '-movflags frag_keyframe+empty_moov'],
  ['mkv', 'mkv', ''],
  ['ts', 'ts', ''],
];
const GROUPS = [15, 60, 250];
const TIMES: ReadonlyArray<readonly [name: string, filter: string]> = [
  ['constant', ''],
  ['variable', "select='gt(mod(n,7),1)+lt(mod(n,50),20)',"],
];
/** Only where the container can hold it. */
const CUTS = [0, 1.3];

/** Every combination that exists: no AV1 or VP9 in a transport stream, cuts in MP4 only. */
export function* variants(): Generator<Variant, void> {
  let number = 0;
  for (const [codec, encoding] of CODECS) {
    for (const [container, suffix, options] of CONTAINERS) {
      if (suffix === 'ts' && !codec.startsWith('h')) continue;
      for (const group of GROUPS) {
        for (const [times, filter] of TIMES) {
          for (const cutSeconds of container === 'mp4' ? CUTS : [0]) {
            const offset = number % 3 === 1 && cutSeconds === 0 ? ['-output_ts_offset', '4.2'] : [];
            yield {
              name: `${codec} ${container} group ${group} ${times}${cutSeconds > 0 ? ' cut' : ''}${offset.length > 0 ? ' late' : ''}`,
              file: `${number++}.${suffix}`,
              times: filter,
              encoding: [...encoding.split(' '), '-g', String(group), '-keyint_min', '5'],
              container: [...options.split(' ').filter((word) => word !== ''), ...offset],
              cutSeconds,
            };
          }
        }
      }
    }
  }
}

/** Encodes seven seconds of ffmpeg's moving test picture, 320 x 180, with a hard change in the middle. */
export function makeVariant(variant: Variant, file: string, ffmpeg: string): void {
  const { times, encoding, container, cutSeconds } = variant;
  const filter = `${times}format=yuv420p,negate=enable='between(t,3.1,4.4)'`;
  const source = '-f lavfi -i testsrc2=s=320x180:r=30 -frames:v 210'.split(' ');
  const quiet = ['-nostdin', '-v', 'error', '-y'];
  const whole = cutSeconds > 0 ? `${file}.whole.mp4` : file;
  const timing = ['-vf', filter, '-vsync', 'passthrough'];
  execFileSync(ffmpeg, [...quiet, ...source, ...timing, ...encoding, ...container, whole], { stdio: 'pipe' });
  if (cutSeconds === 0) return;
  execFileSync(ffmpeg, [...quiet, '-ss', String(cutSeconds), '-i', whole, '-c', 'copy', file], {
    stdio: 'pipe',
  });
  rmSync(whole);
}
