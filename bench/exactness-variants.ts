/** The videos exactness is tried on: codec x container x groups of pictures x times x what was done to them without encoding again. */
import { execFileSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { turnClip } from '../tools/turn-clip.ts';

/**
 * What was done to a video without encoding it again:
 * - `cut`: its start was cut off, which leaves an edit list
 * - `shown`: the same without an edit list, so that pictures are left that may need others which are gone
 * - `joined`: it was continued by itself in another encoding
 * - `undated`: every picture was given the time it is decoded at
 * - `turned`: it was told to be shown turned clockwise by so many degrees
 */
type Change = 'none' | 'cut' | 'shown' | 'joined' | 'undated' | Turn;

const QUARTER_TURNS = { 'turned 90': 1, 'turned 180': 2, 'turned 270': 3 } as const;
type Turn = keyof typeof QUARTER_TURNS;

/** One video and how to make it. */
export interface Variant {
  readonly name: string;
  readonly file: string;
  /** Video filter that changes the times, or nothing. */
  readonly times: string;
  readonly encoding: readonly string[];
  readonly container: readonly string[];
  readonly change: Change;
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
  ['mov', 'mov', ''],
  ['mkv', 'mkv', ''],
  ['ts', 'ts', ''],
];
const GROUPS = [15, 60, 250];
const TIMES: ReadonlyArray<readonly [name: string, filter: string]> = [
  ['constant', ''],
  ['variable', "select='gt(mod(n,7),1)+lt(mod(n,50),20)',"],
];

/** Cuts are tried on all groups, the others on those of middle length; what ffmpeg joins and dates anew is H.264. */
function changesOf(codec: string, container: string, group: number): readonly Change[] {
  const cuts: readonly Change[] = container === 'mp4' ? ['none', 'cut'] : ['none'];
  if (group !== 60) return cuts;
  const ofH264: readonly Change[] = codec.startsWith('h264') ? ['joined', 'undated'] : [];
  if (container === 'mp4') return [...cuts, 'shown', 'turned 90', ...ofH264];
  if (container === 'mov') return [...cuts, 'turned 180', 'turned 270'];
  return container === 'mkv' ? [...cuts, ...ofH264] : cuts;
}

/** Every combination that exists: no AV1 or VP9 in a transport stream or QuickTime file, edits in MP4 only. */
export function* variants(): Generator<Variant, void> {
  let number = 0;
  for (const [codec, encoding] of CODECS) {
    for (const [container, suffix, options] of CONTAINERS) {
      if ((suffix === 'ts' || suffix === 'mov') && !codec.startsWith('h')) continue;
      for (const group of GROUPS) {
        for (const [times, filter] of TIMES) {
          for (const change of changesOf(codec, container, group)) {
            const offset = number % 3 === 1 && change === 'none' ? ['-output_ts_offset', '4.2'] : [];
            yield {
              name: `${codec} ${container} group ${group} ${times}${change === 'none' ? '' : ` ${change}`}${offset.length > 0 ? ' late' : ''}`,
              file: `${number++}.${suffix}`,
              times: filter,
              encoding: [...encoding.split(' '), '-g', String(group), '-keyint_min', '5'],
              container: [...wordsOf(options), ...offset],
              change,
            };
          }
        }
      }
    }
  }
}

/** Encodes seven seconds of ffmpeg's moving test picture, 320 x 180, with a hard change in the middle. */
export function makeVariant(variant: Variant, file: string, ffmpeg: string): void {
  const { times, encoding, container, change } = variant;
  const run = (...args: readonly string[]) => {
    execFileSync(ffmpeg, ['-nostdin', '-v', 'error', '-y', ...args], { stdio: 'pipe' });
  };
  const filter = `${times}format=yuv420p,negate=enable='between(t,3.1,4.4)'`;
  const source = '-f lavfi -i testsrc2=s=320x180:r=30 -frames:v 210'.split(' ');
  const encode = (to: string, ...options: readonly string[]) =>
    run(...source, '-vf', filter, '-vsync', 'passthrough', ...encoding, ...options, ...container, to);
  if (change === 'none') {
    encode(file);
    return;
  }
  if (isTurn(change)) {
    encode(file);
    turnClip(file, QUARTER_TURNS[change]);
    return;
  }
  const whole = `${file}.whole.mp4`;
  encode(whole);
  if (change === 'joined') {
    const [other, list] = [`${file}.other.mp4`, `${file}.txt`];
    encode(other, '-crf', '35', '-refs', '1');
    writeFileSync(list, [whole, other].map((clip) => `file ${basename(clip)}\n`).join(''));
    run('-f', 'concat', '-i', list, '-c', 'copy', file);
    for (const made of [other, list]) rmSync(made);
  } else {
    const [before = '', after = ''] = CHANGING[change];
    run(...wordsOf(before), '-i', whole, '-c', 'copy', ...wordsOf(after), file);
  }
  rmSync(whole);
}

/** ffmpeg's options before and behind the video that is changed. */
const CHANGING: Readonly<Record<Exclude<Change, 'none' | 'joined' | Turn>, readonly string[]>> = {
  cut: ['-ss 1.3'],
  shown: ['-ss 1.3 -noaccurate_seek', '-use_editlist 0'],
  undated: ['', '-bsf:v setts=pts=DTS:dts=DTS'],
};

function isTurn(change: Change): change is Turn {
  return Object.hasOwn(QUARTER_TURNS, change);
}

function wordsOf(text: string): string[] {
  return text.split(' ').filter((word) => word !== '');
}
