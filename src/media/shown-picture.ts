/** Reads what ffmpeg's `showinfo` filter says on stderr of each picture that passes it. */
import { randomBytes } from 'node:crypto';
import type { TimeBase } from './timeline.ts';

/** The filter, by a name that no file can know: ffmpeg repeats the file's own text, which may imitate any line. */
export const SHOWINFO = `showinfo@${randomBytes(8).toString('hex')}`;

/**
 * A filter to put before it: what a picture carries besides, as the 700 bytes an encoder says of itself, `showinfo` would write byte by
 * byte, and each write wakes this process.
 */
export const WITHOUT_SIDE_DATA = 'sidedata=mode=delete';

/** How a picture's numbers stand for colours, by ffmpeg's names ("tv", "bt709"); "unknown" where the stream does not say. */
export interface Colour {
  readonly range: string;
  readonly matrix: string;
}

/** One picture as `showinfo` saw it. */
export interface ShownPicture {
  readonly ptsTicks: number;
  readonly timeBase: TimeBase;
  readonly width: number;
  readonly height: number;
  readonly pixelFormat: string;
  /** 1 when the stream does not say. */
  readonly sampleAspectRatio: number;
  /** Adler-32 of all planes, in hexadecimal; null where it was not asked for. */
  readonly checksum: string | null;
}

const CONFIG_LINE = saidByShowinfo(String.raw`config in time_base: (\d+)\/(\d+)`);
/** ffmpeg's words about a turn by no quarter have no line end, so that what `showinfo` says first stands behind them without its name. */
const NAMELESS_CONFIG_LINE =
  /^If you want to help, upload a sample .*\(ffmpeg-devel@ffmpeg\.org\)config in time_base: (\d+)\/(\d+)/;
const PICTURE_LINE = saidByShowinfo(
  String.raw`n: *\d+ pts: *(-?\d+|NOPTS) .*?fmt:(\w+) .*?sar:(\d+)\/(\d+) s:(\d+)x(\d+) (?:.*?checksum:(\w+))?`,
);
const COLOUR_LINE = saidByShowinfo(String.raw` *color_range:(\S+) color_space:(\S+)`);

function saidByShowinfo(words: string): RegExp {
  return new RegExp(String.raw`^\[${SHOWINFO} @ [^\]]+\] ${words}`);
}

/**
 * A parser to feed line by line; it returns a picture when the line speaks of one, else null. Pictures without a time are skipped: they
 * can stand for no sample.
 */
export function createShownPictureParser(): (line: string) => ShownPicture | null {
  // The line with the time base comes first, and again when the stream changes its size.
  let timeBase: TimeBase | null = null;
  let isFirst = true;
  return (line) => {
    // A file can imitate the nameless one: before the first picture the true one comes last, and then none does.
    const config = CONFIG_LINE.exec(line) ?? (isFirst ? NAMELESS_CONFIG_LINE.exec(line) : null);
    if (config !== null) timeBase = { numerator: Number(config[1]), denominator: Number(config[2]) };
    const picture = PICTURE_LINE.exec(line);
    if (picture === null) return null;
    isFirst = false;
    if (timeBase === null || picture[1] === 'NOPTS') return null;
    const [, pts, pixelFormat = '', sarWidth, sarHeight, width, height, checksum = null] = picture;
    const isShapeKnown = Number(sarWidth) > 0 && Number(sarHeight) > 0;
    return {
      ptsTicks: Number(pts),
      timeBase,
      width: Number(width),
      height: Number(height),
      pixelFormat,
      sampleAspectRatio: isShapeKnown ? Number(sarWidth) / Number(sarHeight) : 1,
      checksum,
    };
  };
}

/** The colours of the first picture these lines speak of. */
export function parseColour(lines: readonly string[]): Colour {
  for (const line of lines) {
    const colour = COLOUR_LINE.exec(line);
    if (colour !== null) return { range: colour[1] ?? 'unknown', matrix: colour[2] ?? 'unknown' };
  }
  return { range: 'unknown', matrix: 'unknown' };
}
