/** Writes the ffmpeg command that lets the wanted pictures pass, turns them upright, and scales them once. */

import type { Size } from '../geometry/box.ts';
import type { FfmpegDialect } from './ffmpeg-dialect.ts';
import type { FfmpegCommand } from './ffmpeg-process.ts';
import { COMMON_OPTIONS, inputOptions, MAP_VIDEO } from './input-options.ts';
import { selectExpression } from './select-expression.ts';
import { type Colour, SHOWINFO, WITHOUT_SIDE_DATA } from './shown-picture.ts';

export interface DecodeOptions {
  readonly ffmpeg: string;
  readonly dialect: FfmpegDialect;
  /** Absolute path of the video, or `pipe:0` for packets on stdin. */
  readonly input: string;
  readonly maxPixels: number;
  /** Threads that decode side by side; the pictures are the same. */
  readonly threads: number;
  /** Times of the wanted pictures in the input's ticks, ascending. */
  readonly wantedTicks: ArrayLike<number>;
  /** Clockwise turn still to be done; 0 for files, whose turn ffmpeg does itself. */
  readonly rotationDegrees: number;
  /** ffmpeg's name of the pictures' format. */
  readonly pixelFormat: string;
  readonly colour: Colour;
  readonly size: Size;
  /** Whether `showinfo` tells the checksum of the first picture. */
  readonly isFirstSummed: boolean;
}

/** A command whose stdout is raw pictures of one size. */
export interface DecodeCommand extends FfmpegCommand {
  /** The colours of yuv420p pictures; null where they are rgb24. */
  readonly yuv: Colour | null;
}

/** Name of the file, in the child's own folder, with the video filters: the expression may be too long for an argument. */
const FILTER_FILE = 'filters.txt';

/** The filters ffmpeg itself would turn a picture with. */
const TURNS: Readonly<Record<number, string>> = {
  0: '',
  90: 'transpose=clock,',
  180: 'hflip,vflip,',
  270: 'transpose=cclock,',
};

/** 8-bit YUV with one colour for 2 x 2 pixels: nearly all video. It comes through the pipe as such, in half the bytes of RGB. */
const PLAIN_FORMATS: ReadonlySet<string> = new Set(['yuv420p', 'yuvj420p', 'nv12']);

/** What showinfo calls a matrix and what scale calls it; others are left to scale's own judgement. */
const MATRIX_NAMES: Readonly<Record<string, string>> = {
  bt709: 'bt709',
  fcc: 'fcc',
  bt470bg: 'bt470',
  smpte170m: 'smpte170m',
  smpte240m: 'smpte240m',
  bt2020nc: 'bt2020',
  bt2020c: 'bt2020',
};

/** What tells of each picture, before it is scaled; a checksum takes as long as scaling. */
const SHOWINFO_WITHOUT_SUM = `${SHOWINFO}=checksum=0`;
/** The same, and once more, with its checksum, of the first picture. */
const SUMMED_SHOWINFO = `split[first][all];[first]trim=end_frame=1,${SHOWINFO},nullsink;[all]${SHOWINFO_WITHOUT_SUM}`;

/** The command; its pictures have `size`, and a `showinfo` tells of each before it is scaled. */
export function decodeCommand(options: DecodeOptions): DecodeCommand {
  const { ffmpeg, dialect, input, maxPixels, threads, colour, size } = options;
  const isPlain = PLAIN_FORMATS.has(options.pixelFormat);
  const scale = `scale=${size.width}:${size.height}:flags=bilinear${colourOptions(colour, 'in')}`;
  const filters = [
    `select='${selectExpression(options.wantedTicks)}'`,
    WITHOUT_SIDE_DATA,
    `${TURNS[options.rotationDegrees] ?? ''}${options.isFirstSummed ? SUMMED_SHOWINFO : SHOWINFO_WITHOUT_SUM}`,
    isPlain ? `${scale}${colourOptions(colour, 'out')},format=yuv420p` : `${scale},format=rgb24`,
  ];
  const args = [
    ...COMMON_OPTIONS,
    ...inputOptions(input, maxPixels, threads),
    ...MAP_VIDEO,
    dialect.filterFileOption,
    FILTER_FILE,
    ...dialect.keepTimes,
    '-f',
    'rawvideo',
    'pipe:1',
  ];
  const files = { [FILTER_FILE]: filters.join(',') };
  const command = { ffmpeg, args, files, yuv: isPlain ? colour : null };
  return input === 'pipe:0' ? { ...command, stdin: 'pipe' } : command;
}

/** Named outright, because a stream repacked for a pipe loses what only its container said. */
function colourOptions({ range, matrix }: Colour, side: 'in' | 'out'): string {
  const rangeOption = range === 'tv' || range === 'pc' ? `:${side}_range=${range}` : '';
  const name = MATRIX_NAMES[matrix];
  return `${rangeOption}${name === undefined ? '' : `:${side}_color_matrix=${name}`}`;
}
