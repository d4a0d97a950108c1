/** Which pictures may stand for samples when they need not be exact: those nearby that cost less to decode. */
import { type PacketTable, packetsByPosition } from './packet-table.ts';
import type { Sampling } from './sampling.ts';
import { ticksPerSecond } from './timeline.ts';
import type { PictureLists } from './video-info.ts';

/**
 * Replaces samples by pictures at most the tolerance away, from the exact picture and from the sample's time, that are cheaper: by the
 * nearest keyframe; where there is none, and no later sample lies in the same group of pictures, by one shown before it at which decoding
 * the group can end sooner. The times that are reported stay those of the pictures.
 * @param positions of the exact pictures in the timeline, one for each sample from the first on, ascending
 * @returns the positions, still ascending
 */
export function preferCheapPictures(
  positions: Uint32Array,
  { timeline, packets }: PictureLists,
  { intervalMs, toleranceMs }: Sampling,
): Uint32Array {
  if (packets === null || toleranceMs <= 0) return positions;
  const ticks = ticksPerSecond(timeline.timeBase) / 1000;
  const toleranceTicks = toleranceMs * ticks;
  const times = timeline.ptsTicks;
  const oldest = oldestPictures(positions, times, intervalMs * ticks, toleranceTicks);
  const chosen = preferKeyframes(positions, times, keyframesOf(packets), oldest, toleranceTicks);
  return endGroupsSooner(positions, chosen, packets, oldest);
}

/**
 * For each sample the position of the oldest picture that may stand for it. Where a picture is shown for long, as with a variable frame rate,
 * those near it may have left the screen long before the sample. Samples of one picture stay together.
 */
function oldestPictures(
  exact: Uint32Array,
  times: Float64Array,
  intervalTicks: number,
  toleranceTicks: number,
): Uint32Array {
  const timeOf = (position: number) => times[position] ?? 0;
  const oldest = new Uint32Array(exact.length);
  let picture = 0;
  for (let start = 0, end = 0; start < exact.length; start = end) {
    const position = exact[start] ?? 0;
    while (exact[end] === position) end++;
    const lastSampleTicks = timeOf(0) + (end - 1) * intervalTicks;
    const isTooOld = (other: number) =>
      timeOf(position) - timeOf(other) > toleranceTicks ||
      timeOf(other + 1) <= lastSampleTicks - toleranceTicks;
    while (picture < position && isTooOld(picture)) picture++;
    oldest.fill(picture, start, end);
  }
  return oldest;
}

/** Positions of the keyframes, ascending. */
function keyframesOf({ positions, keys }: PacketTable): Int32Array {
  return positions.filter((position, packet) => position >= 0 && keys[packet] === 1).sort();
}

function preferKeyframes(
  positions: Uint32Array,
  times: Float64Array,
  keyframes: Int32Array,
  oldest: Uint32Array,
  toleranceTicks: number,
): Uint32Array {
  let next = 0;
  return positions.map((position, sample) => {
    const pts = times[position] ?? 0;
    const distance = (keyframe: number | undefined) =>
      keyframe === undefined || keyframe < (oldest[sample] ?? 0)
        ? Number.POSITIVE_INFINITY
        : Math.abs((times[keyframe] ?? 0) - pts);
    // None at all may be shown: an edit list can hide the only one.
    while (next + 1 < keyframes.length && distance(keyframes[next + 1]) <= distance(keyframes[next])) next++;
    const nearest = keyframes[next];
    return nearest !== undefined && distance(nearest) <= toleranceTicks ? nearest : position;
  });
}

/** Moves the last sample of each group that is no keyframe to the picture within the tolerance, shown no later, that is decoded first. */
function endGroupsSooner(
  exact: Uint32Array,
  chosen: Uint32Array,
  packets: PacketTable,
  oldest: Uint32Array,
): Uint32Array {
  const packetAt = packetsByPosition(packets);
  let keyframesSoFar = 0;
  const groups = packetAt.map((packet) => {
    keyframesSoFar += packets.keys[packet] ?? 0;
    return keyframesSoFar;
  });
  const groupAt = (position = groups.length) => groups[position] ?? Number.POSITIVE_INFINITY;
  const isKeyframe = (position: number) => packets.keys[packetAt[position] ?? 0] === 1;

  const moved = chosen.slice();
  // Samples of one picture stay together.
  for (let start = 0, end = 0; start < exact.length; start = end) {
    while (end < exact.length && exact[end] === exact[start]) end++;
    const position = chosen[start] ?? 0;
    if (isKeyframe(position) || groupAt(chosen[end]) === groupAt(position)) continue;
    // Not beyond the sample before, so that the order stays.
    const earliest = Math.max(exact[start - 1] ?? 0, oldest[start] ?? 0);
    let first = position;
    for (let other = position - 1; other >= earliest; other--) {
      if ((packetAt[other] ?? 0) < (packetAt[first] ?? 0)) first = other;
    }
    moved.fill(first, start, end);
  }
  return moved;
}
