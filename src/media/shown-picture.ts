/** Reads what ffmpeg's `showinfo` filter says on stderr of each picture that passes it. */
import type { TimeBase } from './timeline.ts';

/** One picture as `showinfo` saw it. */
export interface ShownPicture {
  readonly ptsTicks: number;
  readonly timeBase: TimeBase;
  readonly width: number;
  readonly height: number;
  readonly pixelFormat: string;
  /** 1 when the stream does not say. */
  readonly sampleAspectRatio: number;
}

const CONFIG_LINE = /^\[Parsed_showinfo_\d+ @ [^\]]+\] config in time_base: (\d+)\/(\d+)/;
const PICTURE_LINE =
  /^\[Parsed_showinfo_\d+ @ [^\]]+\] n: *\d+ pts: *(-?\d+|NOPTS) .*?fmt:(\w+) .*?sar:(\d+)\/(\d+) s:(\d+)x(\d+) /;

/**
 * A parser to feed line by line; it returns a picture when the line speaks of one, else null. Pictures without a time are skipped: they
 * can stand for no sample.
 */
export function createShownPictureParser(): (line: string) => ShownPicture | null {
  // The line with the time base comes first, and again when the stream changes its size.
  let timeBase: TimeBase | null = null;
  return (line) => {
    const config = CONFIG_LINE.exec(line);
    if (config !== null) {
      timeBase = { numerator: Number(config[1]), denominator: Number(config[2]) };
      return null;
    }
    const picture = PICTURE_LINE.exec(line);
    if (picture === null || timeBase === null || picture[1] === 'NOPTS') return null;
    const [, pts, pixelFormat = '', sarWidth, sarHeight, width, height] = picture;
    return {
      ptsTicks: Number(pts),
      timeBase,
      width: Number(width),
      height: Number(height),
      pixelFormat,
      sampleAspectRatio:
        Number(sarWidth) > 0 && Number(sarHeight) > 0 ? Number(sarWidth) / Number(sarHeight) : 1,
    };
  };
}
