/** Which picture stands for each sample of a video: the definition of sampling, pure and exact. */
import { type Timeline, ticksPerSecond } from './timeline.ts';

/** Times closer than this are the same: containers count in ticks far coarser, floating point in steps far finer. */
const EPSILON_SECONDS = 1e-6;

/**
 * Sample i is the picture shown at i x interval: the last whose time, counted from the first picture, is at most i x interval + half a
 * frame at the nominal rate (so that a picture a rounding error late still counts), for every i x interval before the end.
 * @param intervalMs above 0
 * @param frameRate nominal pictures a second, above 0
 * @returns for each sample the position of its picture in `timeline.ptsTicks`, ascending; a picture may stand for several samples
 */
export function samplePositions(timeline: Timeline, intervalMs: number, frameRate: number): Uint32Array {
  const { ptsTicks, endTicks, timeBase } = timeline;
  const ticks = ticksPerSecond(timeBase);
  const first = ptsTicks[0] ?? 0;
  const intervalTicks = (intervalMs / 1000) * ticks;
  const toleranceTicks = (0.5 / frameRate + EPSILON_SECONDS) * ticks;
  const durationTicks = endTicks - first - EPSILON_SECONDS * ticks;

  const positions = new Uint32Array(Math.max(1, Math.ceil(durationTicks / intervalTicks)));
  let position = 0;
  for (let sample = 0; sample < positions.length; sample++) {
    const latest = first + sample * intervalTicks + toleranceTicks;
    while ((ptsTicks[position + 1] ?? Number.POSITIVE_INFINITY) <= latest) position++;
    positions[sample] = position;
  }
  return positions;
}

/** Each picture once, of ascending positions some of which may stand for several samples. */
export function distinct(positions: Uint32Array): Uint32Array {
  return positions.filter((position, sample) => position !== positions[sample - 1]);
}
