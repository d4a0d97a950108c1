/** Reads ffmpeg's own summary of a file from its stderr: what ffprobe would say, where there is no ffprobe. */

/** What the summary says of the first video stream. */
export interface StreamSummary {
  /** ffmpeg's first name of the demultiplexer; '' when the line was not seen. */
  readonly container: string;
  readonly codec: string;
  /** Nominal pictures a second; null when ffmpeg does not know. */
  readonly frameRate: number | null;
  /** Clockwise, 0..359. */
  readonly rotationDegrees: number;
  /** Pixels of the stored picture; 0 when unknown. */
  readonly codedWidth: number;
  readonly codedHeight: number;
}

const INPUT_LINE = /^Input #0, ([\w-]+)/;
/** Two spaces since ffmpeg 4.4, four before; anything deeper is a tag, whose text is the file's own. */
const VIDEO_LINE = /^ {2,4}Stream #0:\d+.*?: Video: (\w+)(?!.*\(attached pic\))/;
const OTHER_STREAM_LINE = /^ {2,4}Stream #0:\d+/;
/** Six spaces, eight since ffmpeg 7. A tag whose name has a line end may imitate it: only what is a number is read. */
const ROTATION_LINE = /^ {6,8}displaymatrix: rotation of (-?\d{1,3}\.\d+) degrees/;

/** Rates ffmpeg prints in two decimals that stand for n/1001. */
const NTSC_RATES: ReadonlyArray<readonly [printed: number, exact: number]> = [
  [11.99, 12_000 / 1001],
  [14.99, 15_000 / 1001],
  [23.98, 24_000 / 1001],
  [29.97, 30_000 / 1001],
  [47.95, 48_000 / 1001],
  [59.94, 60_000 / 1001],
  [119.88, 120_000 / 1001],
];
/** Above this a "rate" is the resolution of a clock (90k, 1k), not a number of pictures. */
const MAX_FRAME_RATE = 480;

/** Finds the first video stream that is no cover picture in the lines before ffmpeg starts its output. */
export function parseStreamSummary(lines: readonly string[]): StreamSummary {
  const end = lines.findIndex((line) => line.startsWith('Stream mapping:'));
  const dump = end === -1 ? lines : lines.slice(0, end);
  const container = firstMatch(dump, INPUT_LINE)?.[1] ?? '';

  const start = dump.findIndex((line) => VIDEO_LINE.test(line));
  const videoLine = dump[start] ?? '';
  const following = dump.slice(start + 1);
  const next = following.findIndex((line) => OTHER_STREAM_LINE.test(line));
  const details = start === -1 ? [] : next === -1 ? following : following.slice(0, next);

  const counterClockwise = Number(firstMatch(details, ROTATION_LINE)?.[1] ?? 0);
  const size = /, (\d+)x(\d+)[ ,]/.exec(`${videoLine},`);
  return {
    container,
    codec: VIDEO_LINE.exec(videoLine)?.[1] ?? '',
    frameRate: nominalRate(videoLine),
    rotationDegrees: (((-Math.round(counterClockwise) % 360) + 360) % 360) + 0,
    codedWidth: Number(size?.[1] ?? 0),
    codedHeight: Number(size?.[2] ?? 0),
  };
}

/**
 * `tbr` is the coarsest grid all times lie on, `fps` their mean. The grid is meant, however few of its places are taken: the half frame a
 * sample may lie ahead must not grow with the gaps.
 */
function nominalRate(videoLine: string): number | null {
  const rates = [printedRate(videoLine, 'tbr'), printedRate(videoLine, 'fps')];
  return rates.find((rate) => rate !== null && rate > 0 && rate <= MAX_FRAME_RATE) ?? null;
}

/** Four decimals are all that ffmpeg prints. With more of them a tag's imitation would have pictures last for ever. */
function printedRate(videoLine: string, unit: 'fps' | 'tbr'): number | null {
  const match = new RegExp(`, (\\d{1,9}(?:\\.\\d{1,4})?)(k?) ${unit}\\b`).exec(videoLine);
  if (match === null) return null;
  const printed = Number(match[1]) * (match[2] === 'k' ? 1000 : 1);
  return NTSC_RATES.find(([rounded]) => rounded === printed)?.[1] ?? printed;
}

function firstMatch(lines: readonly string[], pattern: RegExp): RegExpExecArray | null {
  for (const line of lines) {
    const match = pattern.exec(line);
    if (match !== null) return match;
  }
  return null;
}
