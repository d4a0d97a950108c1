/** Which pictures may stand for samples when they need not be exact: those nearby that cost less to decode. */
import { type PacketTable, packetsByPosition } from './packet-table.ts';
import { ticksPerSecond } from './timeline.ts';
import type { PictureLists } from './video-info.ts';

/**
 * Replaces samples by pictures at most `toleranceMs` away that are cheaper: by the nearest keyframe; where there is none, and no later
 * sample lies in the same group of pictures, by one shown before it at which decoding the group can end sooner. The times that are
 * reported stay those of the pictures.
 * @param positions of the exact pictures in the timeline, ascending
 * @returns the positions, still ascending
 */
export function preferCheapPictures(
  positions: Uint32Array,
  { timeline, packets }: PictureLists,
  toleranceMs: number,
): Uint32Array {
  if (packets === null || toleranceMs <= 0) return positions;
  const toleranceTicks = (toleranceMs / 1000) * ticksPerSecond(timeline.timeBase);
  const times = timeline.ptsTicks;
  const chosen = preferKeyframes(positions, times, keyframesOf(packets), toleranceTicks);
  return endGroupsSooner(positions, chosen, times, packets, toleranceTicks);
}

/** Positions of the keyframes, ascending. */
function keyframesOf({ positions, keys }: PacketTable): Int32Array {
  return positions.filter((position, packet) => position >= 0 && keys[packet] === 1).sort();
}

function preferKeyframes(
  positions: Uint32Array,
  times: Float64Array,
  keyframes: Int32Array,
  toleranceTicks: number,
): Uint32Array {
  let next = 0;
  return positions.map((position) => {
    const pts = times[position] ?? 0;
    const distance = (keyframe: number | undefined) =>
      keyframe === undefined ? Number.POSITIVE_INFINITY : Math.abs((times[keyframe] ?? 0) - pts);
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
  times: Float64Array,
  packets: PacketTable,
  toleranceTicks: number,
): Uint32Array {
  const packetAt = packetsByPosition(packets);
  let keyframesSoFar = 0;
  const groups = packetAt.map((packet) => {
    keyframesSoFar += packets.keys[packet] ?? 0;
    return keyframesSoFar;
  });
  const groupAt = (position = times.length) => groups[position] ?? Number.POSITIVE_INFINITY;
  const isKeyframe = (position: number) => packets.keys[packetAt[position] ?? 0] === 1;

  const moved = chosen.slice();
  // Samples of one picture stay together.
  for (let start = 0, end = 0; start < exact.length; start = end) {
    while (end < exact.length && exact[end] === exact[start]) end++;
    const position = chosen[start] ?? 0;
    if (isKeyframe(position) || groupAt(chosen[end]) === groupAt(position)) continue;
    // Not beyond the sample before, so that the order stays.
    const earliest = exact[start - 1] ?? 0;
    const isNear = (other: number) => (times[position] ?? 0) - (times[other] ?? 0) <= toleranceTicks;
    let first = position;
    for (let other = position - 1; other >= earliest && isNear(other); other--) {
      if ((packetAt[other] ?? 0) < (packetAt[first] ?? 0)) first = other;
    }
    moved.fill(first, start, end);
  }
  return moved;
}
