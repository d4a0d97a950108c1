/** Writes the ffmpeg command that lets the wanted pictures pass, turns them upright, scales them once, and makes RGB of them. */

import type { Size } from '../geometry/box.ts';
import type { FfmpegDialect } from './ffmpeg-dialect.ts';
import type { FfmpegCommand } from './ffmpeg-process.ts';
import { COMMON_OPTIONS, inputOptions, MAP_VIDEO } from './input-options.ts';
import { selectExpression } from './select-expression.ts';
import { type Colour, SHOWINFO } from './shown-picture.ts';

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

/** Name of the file, in the child's own folder, with the video filters: the expression may be too long for an argument. */
const FILTER_FILE = 'filters.txt';

/** The filters ffmpeg itself would turn a picture with. */
const TURNS: Readonly<Record<number, string>> = {
  0: '',
  90: 'transpose=clock,',
  180: 'hflip,vflip,',
  270: 'transpose=cclock,',
};

/** 8-bit YUV with one colour for 2 x 2 pixels: nearly all video. */
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

/** The command; its stdout is raw rgb24 pictures of `size`, and a `showinfo` tells of each before it is scaled. */
export function decodeCommand(options: DecodeOptions): FfmpegCommand {
  const { ffmpeg, dialect, input, maxPixels, threads } = options;
  const filters = [
    `select='${selectExpression(options.wantedTicks)}'`,
    `${TURNS[options.rotationDegrees] ?? ''}${options.isFirstSummed ? SUMMED_SHOWINFO : SHOWINFO_WITHOUT_SUM}`,
    ...scaledRgb(options),
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
  return input === 'pipe:0' ? { ffmpeg, args, files, stdin: 'pipe' } : { ffmpeg, args, files };
}

/**
 * swscale has a fast way from YUV to RGB of the same size, and does without it when it scales meanwhile: plain pictures are scaled as YUV,
 * which together takes a sixth less than decoding and scaling did.
 */
function scaledRgb({ pixelFormat, colour, size }: DecodeOptions): readonly string[] {
  const scale = `scale=${size.width}:${size.height}:flags=bilinear${colourOptions(colour, 'in')}`;
  if (!PLAIN_FORMATS.has(pixelFormat)) return [scale, 'format=rgb24'];
  const toRgb = `scale=flags=bilinear${colourOptions(colour, 'in')}`;
  return [`${scale}${colourOptions(colour, 'out')}`, 'format=yuv420p', toRgb, 'format=rgb24'];
}

/** Named outright, because a stream repacked for a pipe loses what only its container said. */
function colourOptions({ range, matrix }: Colour, side: 'in' | 'out'): string {
  const rangeOption = range === 'tv' || range === 'pc' ? `:${side}_range=${range}` : '';
  const name = MATRIX_NAMES[matrix];
  return `${rangeOption}${name === undefined ? '' : `:${side}_color_matrix=${name}`}`;
}
