/** Lists the pictures a file really decodes to, by decoding all of it: the truth where the container's own list is wrong. */
import { explainFailure } from './ffmpeg-failure.ts';
import { runFfmpeg } from './ffmpeg-process.ts';
import { COMMON_OPTIONS, inputOptions, MAP_VIDEO } from './input-options.ts';
import { NumberColumn } from './number-column.ts';
import { createShownPictureParser, SHOWINFO, WITHOUT_SIDE_DATA } from './shown-picture.ts';
import { type Presentation, type TimeBase, type Timeline, ticksPerSecond, timelineOf } from './timeline.ts';

/** The least picture that can be shown: only its time is wanted. */
const NO_PICTURE_FILTERS = `scale=16:16:flags=neighbor,${WITHOUT_SIDE_DATA},${SHOWINFO}`;

/**
 * Costs a full decode. A picture that comes after one with a later or equal time is left out: no player would show it.
 * @param file absolute path
 * @throws WorkerError VIDEO_CORRUPT when nothing decodes; the signal's reason when it aborts
 */
export async function readDecodedTimeline(
  file: string,
  options: { readonly ffmpeg: string; readonly maxPixels: number; readonly frameRate: number },
  signal: AbortSignal,
): Promise<Timeline> {
  const ascending = new NumberColumn();
  let timeBase: TimeBase = { numerator: 1, denominator: 1000 };
  let latest = Number.NEGATIVE_INFINITY;
  const parse = createShownPictureParser();
  const onStderrLine = (line: string) => {
    const picture = parse(line);
    if (picture === null || picture.ptsTicks <= latest) return;
    latest = picture.ptsTicks;
    timeBase = picture.timeBase;
    ascending.push(latest);
  };
  const args = [
    ...COMMON_OPTIONS,
    ...inputOptions(file, options.maxPixels),
    ...MAP_VIDEO,
    '-filter:v',
    NO_PICTURE_FILTERS,
    '-f',
    'null',
    'pipe:1',
  ];
  const exit = await runFfmpeg({ ffmpeg: options.ffmpeg, args, onStderrLine }, () => {}, signal);
  const frameTicks = ticksPerSecond(timeBase) / options.frameRate;
  const timeline = timelineOf(
    withoutDurations(ascending.done()),
    timeBase,
    Number.NEGATIVE_INFINITY,
    frameTicks,
  );
  if (timeline === null) throw explainFailure(exit);
  return timeline;
}

function* withoutDurations(times: Float64Array): Generator<Presentation, void> {
  for (const ptsTicks of times) yield { ptsTicks, durationTicks: 0 };
}
