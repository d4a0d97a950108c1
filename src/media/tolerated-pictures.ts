/** Which pictures may stand for samples when they need not be exact: those nearby that cost less to decode. */
import { type PacketTable, packetsByPosition } from './packet-table.ts';
import type { Sampling } from './sampling.ts';
import { ticksPerSecond } from './timeline.ts';
import type { PictureLists } from './video-info.ts';

/** What may stand for which sample. */
interface Choice {
  /** The exact pictures of the samples, by their positions in the timeline. */
  readonly exact: Uint32Array;
  /** When the pictures are shown. */
  readonly times: Float64Array;
  readonly packets: PacketTable;
  /** For each picture the packet it is in. */
  readonly packetAt: Uint32Array;
  /** For each sample the position of the oldest picture that may stand for it. */
  readonly oldest: Uint32Array;
  readonly toleranceTicks: number;
}

/**
 * Replaces samples by pictures at most the tolerance away, from the exact picture and from the sample's time, that are cheaper: by the
 * nearest keyframe; where there is none, and no later sample lies in the same group of pictures, by one shown before it at which decoding
 * the group can end sooner; and B-pictures by the nearest picture that is decoded before them in any case. The times that are reported stay
 * those of the pictures.
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
  const choice: Choice = {
    exact: positions,
    times,
    packets,
    packetAt: packetsByPosition(packets),
    oldest: oldestPictures(positions, times, intervalMs * ticks, toleranceTicks),
    toleranceTicks,
  };
  return avoidBPictures(endGroupsSooner(preferKeyframes(choice), choice), choice);
}

/** The samples of one picture, as the first and the one behind the last of them: they stay together. */
function* samplesByPicture(exact: Uint32Array): Generator<readonly [start: number, end: number], void> {
  for (let start = 0, end = 0; start < exact.length; start = end) {
    while (end < exact.length && exact[end] === exact[start]) end++;
    yield [start, end];
  }
}

/**
 * For each sample the position of the oldest picture that may stand for it. Where a picture is shown for long, as with a variable frame rate,
 * those near it may have left the screen long before the sample.
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
  for (const [start, end] of samplesByPicture(exact)) {
    const position = exact[start] ?? 0;
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

function preferKeyframes({ exact, times, packets, oldest, toleranceTicks }: Choice): Uint32Array {
  const keyframes = keyframesOf(packets);
  let next = 0;
  return exact.map((position, sample) => {
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
function endGroupsSooner(chosen: Uint32Array, { exact, packets, packetAt, oldest }: Choice): Uint32Array {
  let keyframesSoFar = 0;
  const groups = packetAt.map((packet) => {
    keyframesSoFar += packets.keys[packet] ?? 0;
    return keyframesSoFar;
  });
  const groupAt = (position = groups.length) => groups[position] ?? Number.POSITIVE_INFINITY;
  const isKeyframe = (position: number) => packets.keys[packetAt[position] ?? 0] === 1;

  const moved = chosen.slice();
  for (const [start, end] of samplesByPicture(exact)) {
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

/**
 * Replaces samples that are shown before a picture decoded earlier, as B-pictures are, by the nearest picture that is none of these and is
 * decoded earlier: most B-pictures nobody refers to, so that they would be decoded for the sample alone.
 */
function avoidBPictures(
  chosen: Uint32Array,
  { exact, times, packets, packetAt, oldest, toleranceTicks }: Choice,
): Uint32Array {
  const reordered = reorderedPackets(packets);
  const packetOf = (position: number) => packetAt[position] ?? 0;
  const timeOf = (position: number) => times[position] ?? 0;
  const moved = chosen.slice();
  for (const [start, end] of samplesByPicture(exact)) {
    const position = chosen[start] ?? 0;
    const packet = packetOf(position);
    if (reordered[packet] !== 1) continue;
    const exactTicks = timeOf(exact[start] ?? 0);
    const isUsable = (other: number) =>
      packetOf(other) < packet &&
      reordered[packetOf(other)] !== 1 &&
      Math.abs(timeOf(other) - exactTicks) <= toleranceTicks;
    // Between its neighbours, so that no picture stands for two samples that had one each.
    const earliest = Math.max((moved[start - 1] ?? -1) + 1, oldest[start] ?? 0);
    const latest = Math.min(chosen[end] ?? packetAt.length, packetAt.length) - 1;
    moved.fill(nearestOf(position, earliest, latest, isUsable) ?? position, start, end);
  }
  return moved;
}

/** 1 for packets whose pictures are shown before one decoded earlier. */
function reorderedPackets({ ranks }: PacketTable): Uint8Array {
  let latestRank = -1;
  return Uint8Array.from(ranks, (rank) => {
    const isReordered = rank < latestRank;
    latestRank = Math.max(latestRank, rank);
    return Number(isReordered);
  });
}

/** The nearest position of a kind within bounds; of two as near the earlier one, and null for none. */
function nearestOf(
  position: number,
  earliest: number,
  latest: number,
  isOfKind: (position: number) => boolean,
): number | null {
  for (let distance = 1; position - distance >= earliest || position + distance <= latest; distance++) {
    const [before, after] = [position - distance, position + distance];
    if (before >= earliest && isOfKind(before)) return before;
    if (after <= latest && isOfKind(after)) return after;
  }
  return null;
}
