/** Where the encoder saw a new scene: what the container's index tells of cuts for free. */

import { millisecondsAt } from './timeline.ts';
import type { PictureLists } from './video-info.ts';

/** A keyframe that comes this much earlier than the rhythm asks for was put there for a reason. */
const EARLY = 0.95;

/** Which groups of pictures are looked at, where not all may be known. */
export interface SampledGroups {
  /** Positions of the samples' pictures in the timeline, ascending. */
  readonly positions: Uint32Array;
  /** Packets before which others may be missing. */
  readonly breaks: ReadonlySet<number>;
}

/**
 * Times of the keyframes that interrupt the rhythm, ascending, in milliseconds from the first picture. Encoders put a keyframe at the
 * latest after a longest distance and, by default, earlier where a picture has little in common with the one before (x264's scenecut).
 * Streams cut into segments have early keyframes for other reasons, so this is a hint and no proof. Empty for a regular rhythm, and where
 * the container does not tell.
 * @param sampled only keyframes between two groups that hold samples count, so that it is the same without the other groups; null for all
 */
export function sceneKeyframesMs(
  { packets, timeline }: PictureLists,
  sampled: SampledGroups | null,
): number[] {
  if (packets === null) return [];
  const keyframes: Array<{ packet: number; position: number; timeMs: number }> = [];
  for (const [packet, position] of packets.positions.entries()) {
    if (packets.keys[packet] !== 1 || position < 0) continue;
    keyframes.push({ packet, position, timeMs: millisecondsAt(timeline, timeline.ptsTicks[position] ?? 0) });
  }
  keyframes.sort((a, b) => a.position - b.position);
  const holdsSample = sampled === null ? null : groupsWithSamples(keyframes, sampled.positions);
  const counted = keyframes.flatMap(({ packet, timeMs }, i) => {
    const previous = keyframes[i - 1];
    const isKnown =
      holdsSample === null || (holdsSample[i - 1] && holdsSample[i] && !sampled?.breaks.has(packet));
    return previous !== undefined && isKnown ? [{ timeMs, distanceMs: timeMs - previous.timeMs }] : [];
  });
  const rhythmMs = counted.reduce((most, { distanceMs }) => Math.max(most, distanceMs), 0);
  return counted.filter(({ distanceMs }) => distanceMs < EARLY * rhythmMs).map(({ timeMs }) => timeMs);
}

/** For each keyframe, whether a sample is shown from it on and before the next. */
function groupsWithSamples(
  keyframes: ReadonlyArray<{ readonly position: number }>,
  samples: Uint32Array,
): boolean[] {
  let sample = 0;
  return keyframes.map(({ position }, i) => {
    const end = keyframes[i + 1]?.position ?? Number.POSITIVE_INFINITY;
    while ((samples[sample] ?? Number.POSITIVE_INFINITY) < position) sample++;
    return (samples[sample] ?? Number.POSITIVE_INFINITY) < end;
  });
}
