/** Where the encoder saw a new scene: what the container's index tells of cuts for free. */
import { millisecondsAt } from './timeline.ts';
import type { VideoInfo } from './video-info.ts';

/** A keyframe that comes this much earlier than the rhythm asks for was put there for a reason. */
const EARLY = 0.95;

/**
 * Times of the keyframes that interrupt the rhythm, ascending, in milliseconds from the first picture. Encoders put a keyframe at the
 * latest after a longest distance and, by default, earlier where a picture has little in common with the one before (x264's scenecut).
 * Streams cut into segments have early keyframes for other reasons, so this is a hint and no proof. Empty for a regular rhythm, and where
 * the container does not tell.
 */
export function sceneKeyframesMs({ packets, timeline }: Pick<VideoInfo, 'packets' | 'timeline'>): number[] {
  if (packets === null) return [];
  const times: number[] = [];
  packets.keys.forEach((isKey, packet) => {
    const position = packets.positions[packet] ?? -1;
    if (isKey && position >= 0) times.push(millisecondsAt(timeline, timeline.ptsTicks[position] ?? 0));
  });
  times.sort((a, b) => a - b);
  const distances = times.map((time, i) => time - (times[i - 1] ?? time));
  const rhythm = distances.reduce((most, distance) => Math.max(most, distance), 0);
  return times.filter((_, i) => i > 0 && (distances[i] as number) < EARLY * rhythm);
}
